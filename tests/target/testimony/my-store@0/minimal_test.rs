/// Seed 0 of `my-store`: stale-read (linearizable). Shrunk from 3 items to 3.
#[test]
fn my_store_seed_0_stale_read() {
    // fault at 10 ms for 20 ms: n1 n3 | n2
    // client 4 at 20 ms: {"do":"write","key":"x","value":35}
    // client 4 at 30 ms: {"do":"read","key":"x"}
    let plan = r#"{"version":1,"system":"my-store","seed":0,"config":{"nodes":3,"clients":5,"latency_min_ms":1,"latency_max_ms":1,"skew_ms":[],"disk_sync_ms":1,"families":["partition"],"op_max_ms":10000,"main_max_ms":60000,"settle_ms":0,"calm_ms":160,"final_max_ms":5000},"steps":[{"id":34,"client":4,"not_before_ms":20,"step":{"do":"write","key":"x","value":35}},{"id":39,"client":4,"not_before_ms":30,"step":{"do":"read","key":"x"}}],"finals":[],"faults":[{"id":0,"when":{"at-ms":10},"lasts_ms":20,"fault":{"kind":"cut","pairs":[["n2","n3"],["n3","n2"],["n2","n1"],["n1","n2"]]}}]}"#;
    // `check()` builds the check of this system, as your other tests do.
    check().replay(plan).assert_valid();
}
