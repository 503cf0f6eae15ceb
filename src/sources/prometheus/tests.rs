use super::*;

/// As Prometheus 2.42 answers, shortened.
const GR: &str = r#"{"status":"success","data":{"resultType":"vector","result":[
{"metric":{"DCGM_FI_DRIVER_VERSION":"535.161.08","GPU_I_ID":"3","Hostname":"dgx-dev-01","UUID":"GPU-a","__name__":"DCGM_FI_PROF_GR_ENGINE_ACTIVE","gpu":"0","instance":"10.0.0.7:9400","job":"dcgm"},"value":[1767322800.5,"0.25"]},
{"metric":{"GPU_I_ID":"4","Hostname":"dgx-dev-01","UUID":"GPU-a","__name__":"DCGM_FI_PROF_GR_ENGINE_ACTIVE","gpu":"0","instance":"10.0.0.7:9400","job":"dcgm"},"value":[1767322800.5,"NaN"]}]}}"#;
const TIMES: &str = r#"{"status":"success","data":{"resultType":"vector","result":[
{"metric":{"DCGM_FI_DRIVER_VERSION":"535.161.08","GPU_I_ID":"3","Hostname":"dgx-dev-01","UUID":"GPU-a","gpu":"0","instance":"10.0.0.7:9400","job":"dcgm"},"value":[1767322800.5,"1767322791.25"]}]}}"#;

#[test]
fn a_question_is_a_path_with_its_query_encoded() {
    assert_eq!(
        values("DCGM_FI_DEV_FB_USED"),
        "/api/v1/query?query=DCGM_FI_DEV_FB_USED"
    );
    assert_eq!(
        times("DCGM_FI_DEV_FB_USED"),
        "/api/v1/query?query=timestamp%28DCGM_FI_DEV_FB_USED%29"
    );
}

#[test]
fn series_come_as_the_exporter_would_write_them_with_their_own_times() {
    let mut got = samples(GR.as_bytes(), "DCGM_FI_PROF_GR_ENGINE_ACTIVE").unwrap();
    assert_eq!(got.len(), 2);
    assert_eq!(got[0].value, 0.25);
    assert_eq!(got[0].label("GPU_I_ID").unwrap().as_str(), "3");
    assert_eq!(got[0].label("__name__"), None);
    assert_eq!(got[0].at_ms, None);
    assert!(got[1].value.is_nan());
    date(&mut got, TIMES.as_bytes()).unwrap();
    assert_eq!(got[0].at_ms, Some(1_767_322_791_250));
    assert_eq!(got[1].at_ms, None);
}

#[test]
fn an_answer_that_tells_nothing_says_why() {
    let why = |body: &str| samples(body.as_bytes(), "x").unwrap_err().to_string();
    assert_eq!(
        why(
            r#"{"status":"error","errorType":"timeout","error":"query timed out in expression evaluation"}"#
        ),
        "Prometheus says timeout: query timed out in expression evaluation"
    );
    assert_eq!(
        why(r#"{"status":"success","data":{"resultType":"matrix","result":[]}}"#),
        "the answer is none of Prometheus: a matrix in place of a vector"
    );
    assert!(why("<html>").starts_with("the answer is none of Prometheus: expected value"));
    assert!(why("{}").contains("missing field `status`"));
    assert_eq!(
        samples(
            br#"{"status":"success","data":{"resultType":"vector","result":[]}}"#,
            "x"
        )
        .unwrap(),
        []
    );
}
