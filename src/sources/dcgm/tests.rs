use super::*;
use crate::domain::exporter::LabelledPod;
use crate::domain::ids::MigUuid;

const UUID: &str = "GPU-34319582-d595-d1c7-d1d2-179bcfa61660";

fn reader(source: SourceName) -> Reader {
    let at: Timestamp = "2026-01-02T03:00:00Z".parse().unwrap();
    Reader {
        source,
        address: Text::new("http://dgx:9400/metrics"),
        at,
        since: at - jiff::SignedDuration::from_secs(60),
        interval_seconds: 30.0,
    }
}

fn of(page: &str) -> Vec<Collected> {
    collected(
        &read(page.as_bytes()).unwrap().samples,
        &reader(SourceName::Dcgm),
    )
}

fn one(page: &str) -> Part {
    let mut hosts = of(page);
    assert_eq!(hosts.len(), 1, "{hosts:#?}");
    let mut parts = hosts.remove(0).parts;
    assert_eq!(parts.len(), 1, "{parts:#?}");
    parts.remove(0)
}

/// A line of GR activity with these labels beside the GPU's.
fn gr(labels: &str) -> String {
    format!("DCGM_FI_PROF_GR_ENGINE_ACTIVE{{gpu=\"0\",UUID=\"{UUID}\"{labels}}} 0.5\n")
}

#[test]
fn a_line_as_published_is_an_instance_with_its_activity() {
    let hosts = of(concat!(
        "DCGM_FI_PROF_GR_ENGINE_ACTIVE{gpu=\"0\",UUID=\"GPU-34319582-d595-d1c7-d1d2-179bcfa61660\",device=\"nvidia0\",GPU_I_PROFILE=\"1g.5gb\",GPU_I_ID=\"13\",Hostname=\"ub20-a100-k8s\"} 0.995687\n",
        "DCGM_FI_PROF_DRAM_ACTIVE{gpu=\"0\",UUID=\"GPU-34319582-d595-d1c7-d1d2-179bcfa61660\",device=\"nvidia0\",GPU_I_PROFILE=\"1g.5gb\",GPU_I_ID=\"13\",Hostname=\"ub20-a100-k8s\"} 0.800339\n",
        "DCGM_FI_DEV_FB_USED{gpu=\"0\",UUID=\"GPU-34319582-d595-d1c7-d1d2-179bcfa61660\",device=\"nvidia0\",GPU_I_PROFILE=\"1g.5gb\",GPU_I_ID=\"13\",Hostname=\"ub20-a100-k8s\"} 4096\n",
        "DCGM_FI_DEV_POWER_USAGE{gpu=\"0\",UUID=\"GPU-34319582-d595-d1c7-d1d2-179bcfa61660\",device=\"nvidia0\",GPU_I_PROFILE=\"1g.5gb\",GPU_I_ID=\"13\",Hostname=\"ub20-a100-k8s\"} 231.5\n",
    ));
    assert_eq!(hosts.len(), 1);
    assert_eq!(hosts[0].host, Some(Text::new("ub20-a100-k8s")));
    assert_eq!(hosts[0].activity(), Some(Metric::GrActive));
    let part = &hosts[0].parts[0];
    assert_eq!((part.gpu.as_str(), part.gi), (UUID, Some(GiId(13))));
    assert_eq!(part.metrics[0].0, Metric::GrActive);
    assert!((part.metrics[0].1 - 99.5687).abs() < 1e-9);
    assert_eq!(part.metrics[1].0, Metric::DramActive);
    assert_eq!(part.memory_used, Some(Bytes::mib(4096)));
    assert_eq!(part.power_mw, Some(231_500));
    assert_eq!(part.index, Some(0));
    assert_eq!(part.profile, Some(Text::new("1g.5gb")));
    assert_eq!(part.container, None);
}

#[test]
fn the_host_is_spelled_in_two_ways() {
    for label in ["Hostname", "hostname"] {
        let hosts = of(&gr(&format!(",{label}=\"a\"")));
        assert_eq!(hosts[0].host, Some(Text::new("a")), "{label}");
    }
    assert_eq!(of(&gr(""))[0].host, None);
    // the GPUs of two hosts are never mixed
    let both = format!("{}{}", gr(",Hostname=\"b\""), gr(",hostname=\"a\""));
    let hosts: Vec<_> = of(&both).into_iter().map(|c| c.host).collect();
    assert_eq!(hosts, [Some(Text::new("a")), Some(Text::new("b"))]);
}

#[test]
fn the_old_namespace_has_names_of_its_own() {
    let part = one(&format!(
        "DCGM_FI_PROF_GR_ENGINE_ACTIVE{{gpu=\"0\",uuid=\"{UUID}\",GPU_I_ID=\"3\",pod_name=\"a\",pod_namespace=\"n\",container_name=\"c\"}} 0.5\n"
    ));
    assert_eq!((part.gpu.as_str(), part.gi), (UUID, Some(GiId(3))));
    let held = part.container.unwrap();
    assert_eq!(held.pod, "a");
    assert_eq!(held.namespace, Some(Text::new("n")));
    assert_eq!(held.container, Some(Text::new("c")));
}

#[test]
fn empty_labels_of_older_versions_name_nobody() {
    let part = one(&gr(
        ",GPU_I_ID=\"3\",container=\"\",namespace=\"\",pod=\"\"",
    ));
    assert_eq!(part.container, None);
    // nor is an empty instance id an instance
    assert_eq!(one(&gr(",GPU_I_ID=\"\"")).gi, None);
}

#[test]
fn a_claim_names_its_device() {
    let part = one(&gr(
        ",GPU_I_ID=\"3\",container=\"ctr0\",dra_mig_device_uuid=\"MIG-c73ab1c4\",pod=\"p\",namespace=\"n\"",
    ));
    assert_eq!(
        part.container,
        Some(LabelledPod {
            namespace: Some(Text::new("n")),
            pod: Text::new("p"),
            container: Some(Text::new("ctr0")),
            device: Some(MigUuid::new("MIG-c73ab1c4")),
        })
    );
}

/// What Prometheus makes of two series where it puts the exporter's own pod as labels on all it scrapes from it.
#[test]
fn a_scrapers_labels_are_not_the_workloads() {
    let page = format!(
        "{}{}",
        gr(
            ",GPU_I_ID=\"3\",pod=\"nvidia-dcgm-exporter-x\",namespace=\"gpu-operator\",exported_pod=\"train\",exported_namespace=\"team\",exported_container=\"main\""
        ),
        gr(",GPU_I_ID=\"4\",pod=\"metrics-7x\",namespace=\"gpu-operator\""),
    );
    let samples = read(page.as_bytes()).unwrap().samples;
    let hosts = collected(&samples, &reader(SourceName::Prometheus));
    let pods: Vec<_> = hosts[0]
        .parts
        .iter()
        .map(|p| p.container.as_ref().map(|c| c.pod.as_str()))
        .collect();
    assert_eq!(pods, [Some("train"), None]);
    // with honor_labels the workload's labels stay where they were
    let page = gr(",GPU_I_ID=\"3\",pod=\"train\",namespace=\"team\"");
    let samples = read(page.as_bytes()).unwrap().samples;
    let hosts = collected(&samples, &reader(SourceName::Prometheus));
    assert_eq!(hosts[0].parts[0].container.as_ref().unwrap().pod, "train");
    // nobody is mapped, and only the scraper's own label is left
    let page = gr(",GPU_I_ID=\"3\",pod=\"nvidia-dcgm-exporter-x\"");
    let samples = read(page.as_bytes()).unwrap().samples;
    let hosts = collected(&samples, &reader(SourceName::Prometheus));
    assert_eq!(hosts[0].parts[0].container, None);
}

#[test]
fn a_gpu_with_instances_has_only_theirs_and_one_without_has_its_own() {
    let page = format!(
        "{}{}DCGM_FI_DEV_GPU_UTIL{{gpu=\"1\",UUID=\"GPU-b\"}} 80\nDCGM_FI_DEV_GPU_UTIL{{gpu=\"0\",UUID=\"{UUID}\",GPU_I_ID=\"3\"}} 0\n",
        gr(",GPU_I_ID=\"3\""),
        gr(",GPU_I_ID=\"4\""),
    );
    let parts = &of(&page)[0].parts;
    let which: Vec<_> = parts.iter().map(|p| (p.gpu.as_str(), p.gi)).collect();
    assert_eq!(
        which,
        [
            (UUID, Some(GiId(3))),
            (UUID, Some(GiId(4))),
            ("GPU-b", None)
        ]
    );
    // utilisation means nothing under MIG, whatever is written
    assert_eq!(parts[0].metrics, [(Metric::GrActive, 50.0)]);
    assert_eq!(parts[2].metrics, [(Metric::GpuUtilization, 80.0)]);
}

#[test]
fn blanks_are_absent_and_a_little_too_much_is_kept() {
    for blank in ["NaN", "-1", "9223372036854775794", "+Inf"] {
        let page = format!(
            "DCGM_FI_PROF_GR_ENGINE_ACTIVE{{UUID=\"{UUID}\"}} {blank}\nDCGM_FI_DEV_FB_USED{{UUID=\"{UUID}\"}} {blank}\n"
        );
        let part = one(&page);
        assert_eq!((part.metrics.len(), part.memory_used), (0, None), "{blank}");
    }
    let page = format!("DCGM_FI_PROF_SM_ACTIVE{{UUID=\"{UUID}\"}} 1.3\n");
    assert_eq!(one(&page).metrics, [(Metric::SmActive, 130.0)]);
}

#[test]
fn series_without_a_gpu_or_with_a_broken_id_say_nothing() {
    let page = format!(
        "DCGM_FI_DEV_GPU_TEMP{{gpu=\"0\"}} 40\n{}",
        gr(",GPU_I_ID=\"x\"")
    );
    assert_eq!(of(&page), []);
}

#[test]
fn a_series_with_its_own_time_is_as_old_as_that() {
    let labels = ",GPU_I_ID=\"3\"";
    let page = gr(labels).replace("0.5\n", "0.5 1767322780000\n");
    let part = one(&page);
    assert_eq!(part.at, "2026-01-02T02:59:40Z".parse().unwrap());
    assert_eq!(part.since, "2026-01-02T02:58:40Z".parse().unwrap());
    // of the future: a clock is wrong, and the time of reading holds
    let page = gr(labels).replace("0.5\n", "0.5 1867322780000\n");
    assert_eq!(one(&page).at, reader(SourceName::Dcgm).at);
}

#[test]
fn other_pages_are_told_apart() {
    let why = |page: &str| read(page.as_bytes()).unwrap_err().to_string();
    assert_eq!(why(""), "the answer is empty");
    assert_eq!(
        why("<!DOCTYPE html>\n<p>it works</p>"),
        "the answer is no page of metrics: line 1: no metric name where `<!DOCTYPE html>` stands"
    );
    assert_eq!(
        why("node_load1 0.5\nup 1\n"),
        "the answer has 2 series, and none of DCGM's: it is another exporter's"
    );
}

#[test]
fn a_few_bad_lines_lose_only_themselves() {
    let page = format!("{}oops\n{}", gr(",GPU_I_ID=\"3\""), gr(",GPU_I_ID=\"4\""));
    let told = read(page.as_bytes()).unwrap();
    assert_eq!(told.samples.len(), 2);
    let mostly = read(format!("{page}?\n?\n").as_bytes()).unwrap_err();
    assert_eq!(
        mostly.to_string(),
        "the answer is no page of metrics: line 2: `` is no number"
    );
}
