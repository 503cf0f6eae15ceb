//! The other screens, in 80x24, with colours and without.

use super::print::print;
use super::stage::{Look, Stage};

const DEV: &[&str] = &["dgx-dev-01"];
const ALL: &[&str] = &["dgx-dev-01", "dgx-prod-01", "dgx-mix-01", "dgx-h100-01"];

fn snapshots(name: &str, hosts: &[&str], keys: &str) {
    for look in [Look::Default, Look::Mono] {
        let drawn = Stage::new(hosts, (80, 24), look).keys(keys).draw();
        insta::assert_snapshot!(format!("{name}-{}", look.name()), print(&drawn));
    }
}

#[test]
fn several_hosts() {
    snapshots("nodes", ALL, "");
}

#[test]
fn a_gpu() {
    snapshots("gpu", DEV, "jjjjj\r");
}

#[test]
fn a_gpu_of_hopper() {
    snapshots("gpu-h100", &["dgx-h100-01"], "\r");
}

#[test]
fn slices() {
    snapshots("slices", DEV, "s");
}

#[test]
fn xids() {
    snapshots("xids", DEV, "x");
}

#[test]
fn events() {
    snapshots("events", DEV, "E");
}

#[test]
fn holders() {
    snapshots("holders", DEV, "H");
}

#[test]
fn findings() {
    snapshots("findings", DEV, "f");
}

#[test]
fn about() {
    snapshots("about", DEV, "A");
}

#[test]
fn help() {
    snapshots("help", DEV, "?");
}

#[test]
fn palette() {
    snapshots("palette", DEV, ":ho");
}

#[test]
fn a_filter_that_is_typed() {
    snapshots("filter", DEV, "s/idle>1d");
}

#[test]
fn a_filter_that_is_wrong() {
    snapshots("filter-wrong", DEV, "s/mem>lots");
}

#[test]
fn the_owner() {
    snapshots("owner", DEV, "o");
}

#[test]
fn frozen() {
    snapshots("frozen", DEV, "p");
}
