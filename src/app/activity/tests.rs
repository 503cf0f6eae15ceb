use super::{column, of, of_gpu};
use crate::app::fixture::sparse::{fast, gpu, node, noon, sampled, slot};
use crate::domain::metric::{Denominator, Measured, Metric};
use crate::domain::reading::Reading;

#[test]
fn the_column_is_sm_where_any_source_has_it_else_gr() {
    let sm = gpu("a", 0, vec![sampled(0, 1, &[(Metric::SmActive, 5.0)])]);
    let gr = gpu("a", 1, vec![sampled(0, 1, &[(Metric::GrActive, 66.0)])]);
    let none = gpu("a", 2, vec![slot(0)]);
    let whole = gpu("a", 3, Vec::new());
    let of_node = |gpus: &[&crate::domain::fleet::Gpu]| {
        column(&node("a", gpus.iter().map(|g| (*g).clone()).collect()))
    };
    assert_eq!(of_node(&[&gr, &sm, &whole]), Metric::SmActive);
    assert_eq!(of_node(&[&gr, &none, &whole]), Metric::GrActive);
    assert_eq!(of_node(&[&none, &whole]), Metric::SmActive);
    assert_eq!(of_node(&[&whole]), Metric::GpuUtilization);
    assert_eq!(of_node(&[]), Metric::SmActive);
}

#[test]
fn a_cell_of_another_kind_is_marked_and_an_absent_one_has_its_reason() {
    let gr = sampled(0, 1, &[(Metric::GrActive, 66.0)]);
    assert_eq!(of(&gr, Metric::SmActive).cell(), "66gr");
    assert_eq!(of(&gr, Metric::GrActive).cell(), "66");
    let never = of(&slot(0), Metric::SmActive);
    assert_eq!((never.cell().as_str(), never.value()), ("n/a", None));
    assert!(never.percent.reason().is_some());
    let mut without = slot(0);
    without.instance.cis.clear();
    assert_eq!(of(&without, Metric::SmActive).cell(), "-");
}

#[test]
fn a_gpu_is_as_busy_as_its_instances_are_large() {
    let mut large = sampled(0, 1, &[(Metric::SmActive, 100.0)]);
    large.instance.sm = Reading::Value(42);
    let small = sampled(4, 1, &[(Metric::SmActive, 0.0)]);
    let mut both = gpu("a", 0, vec![large, small]);
    assert_eq!(of_gpu(&both, Metric::SmActive).cell(), "75");
    both.slots.push(slot(5));
    assert_eq!(of_gpu(&both, Metric::SmActive).cell(), "n/a");
    let mut whole = gpu("a", 0, Vec::new());
    let mut telemetry = fast();
    telemetry.utilization = Reading::Value(80);
    whole.fast = Some(telemetry);
    assert_eq!(of_gpu(&whole, Metric::SmActive).cell(), "80u");
    assert_eq!(of_gpu(&whole, Metric::GpuUtilization).cell(), "80");
    // what an exporter tells of it is of the column's own kind
    let measured = Measured {
        percent: 61.0,
        of: Denominator::Gpu,
        source: "dcgm-exporter".into(),
        at: noon(),
    };
    whole.metrics = vec![(Metric::GrActive, measured)];
    assert_eq!(of_gpu(&whole, Metric::GrActive).cell(), "61");
    assert_eq!(of_gpu(&whole, Metric::SmActive).cell(), "80u");
}
