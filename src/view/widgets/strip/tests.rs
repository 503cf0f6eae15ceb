use super::*;
use crate::app::fixture::{ago, gpu, instance, model, model_in, node, slot, untold, value};
use crate::app::texts::Language;
use crate::domain::fleet::WholeGpu;
use crate::domain::metric::{Denominator, Measured};
use crate::domain::observation::CallState;
use crate::domain::reading::Absence;
use crate::view::fixture::{skin, text};
use crate::view::{Skin, Theme};

fn plain() -> Skin {
    Skin {
        theme: Theme::named("mono"),
        ..skin(true)
    }
}

/// What a GPU's strip looks like without colours.
fn drawn(gpu: &Gpu, cell: u16, content: StripContent) -> String {
    shown(gpu, cell, content, None, &|_| true)
}

fn shown(
    gpu: &Gpu,
    cell: u16,
    content: StripContent,
    selected: Option<GiId>,
    matched: &dyn Fn(GiId) -> bool,
) -> String {
    let model = model(vec![node("a")]);
    let skin = plain();
    let ctx = Ctx::new(&model, &skin);
    let strip = Strip {
        ctx: &ctx,
        gpu,
        cell,
        metric: Metric::GrActive,
        content,
        selected,
        matched,
    };
    let area = Rect::new(0, 0, width(8, cell), 1);
    let mut buf = Buffer::empty(area);
    (&strip).render(area, &mut buf);
    text(&buf).remove(0)
}

fn with_percent(mut slot: Slot, percent: f64) -> Slot {
    let sample = slot.sample.as_mut().unwrap();
    sample.metrics = vec![(
        Metric::GrActive,
        value(Measured {
            percent,
            of: Denominator::Instance,
            source: "dcgm-exporter".into(),
            at: ago(0),
        }),
    )];
    slot
}

fn seven() -> Gpu {
    let percents = [87.0, 4.0, 0.0, 100.0, 0.0, 22.0, 0.0];
    let states = "BBaBfBf";
    let slots = states.chars().zip(percents).zip(0u32..);
    let slots = slots
        .map(|((state, percent), n)| {
            let state = match state {
                'B' => SlotState::Busy,
                'a' => SlotState::Allocated,
                _ => SlotState::Free,
            };
            let made = slot(instance(n + 7, "1g.5gb", n, 1), state, vec![]);
            with_percent(made, percent)
        })
        .collect();
    gpu(0, true, slots)
}

#[test]
fn instances_lie_at_their_places_and_the_last_slice_is_lost() {
    assert_eq!(
        drawn(&seven(), 4, StripContent::Activity),
        "|B87|B 4|a 0|B99|f  |B22|f  |xxx|"
    );
    assert_eq!(
        drawn(&seven(), 6, StripContent::Activity),
        "|B 87%|B  4%|a  0%|B 100|f 1g |B 22%|f 1g |xxxxx|"
    );
    assert_eq!(
        drawn(&seven(), 10, StripContent::Profile),
        "|B 1g.5gb |B 1g.5gb |a 1g.5gb |B 1g.5gb |f 1g.5gb |B 1g.5gb |f 1g.5gb |xxxxxxxxx|"
    );
}

#[test]
fn holes_are_where_an_instance_fits() {
    let two = gpu(
        2,
        true,
        vec![
            slot(instance(3, "2g.10gb", 0, 1), SlotState::Busy, vec![]),
            slot(instance(4, "2g.10gb", 4, 0), SlotState::NoCi, vec![]),
        ],
    );
    assert_eq!(
        drawn(&two, 4, StripContent::Activity),
        "|B 2g 38|_______|e 2g   |___ xxx|"
    );
    assert_eq!(
        drawn(&two, 6, StripContent::Memory),
        "|B 2g    2.4|___________|e 2g.10gb  |_____ xxxxx|"
    );
}

#[test]
fn where_there_are_no_boxes_it_is_said_why() {
    let hung = |mut gpu: Gpu, state: CallState| {
        gpu.calls = state;
        gpu
    };
    let call: crate::domain::text::Text = "nvmlDeviceGetTemperature".into();
    let why = |code| Absence::new(code, "because");
    let since = ago(47);
    let full = gpu(0, true, seven().slots);
    let mut unplaced = full.clone();
    if let Reading::Value(inventory) = &mut unplaced.inventory {
        inventory.listing = Listing::ByDevice {
            why: why(AbsentCode::NoPermission),
        };
    }
    let mut whole = gpu(1, false, vec![]);
    whole.whole = Some(WholeGpu {
        state: SlotState::Busy,
        pods: vec![],
    });
    let mut unknown_mode = gpu(1, false, vec![]);
    if let Reading::Value(inventory) = &mut unknown_mode.inventory {
        inventory.mig = Reading::Absent(why(AbsentCode::Failed));
    }
    let slow = CallState::Slow {
        since,
        call: call.clone(),
        seconds: 2.0,
    };
    let mut half_read = gpu(1, true, vec![]);
    if let Reading::Value(inventory) = &mut half_read.inventory {
        inventory.instances = Reading::not_yet();
    }
    for (gpu, line) in [
        (
            hung(half_read, slow.clone()),
            "|! ANSWERS LATE 47s             |",
        ),
        (gpu(2, true, vec![]), "|MIG on, no instances           |"),
        (whole, "|B whole GPU                 37%|"),
        (untold(3), "|? not read yet                 |"),
        (unknown_mode, "|? MIG mode not known           |"),
        (
            hung(full.clone(), CallState::Hung { since, call }),
            "|! CALL STUCK 47s               |",
        ),
        (
            hung(
                full.clone(),
                CallState::Failing {
                    since,
                    why: why(AbsentCode::GpuLost),
                },
            ),
            "|! GPU LOST 47s                 |",
        ),
        (
            hung(
                untold(1),
                CallState::Resting {
                    since,
                    until: None,
                    why: why(AbsentCode::Failed),
                },
            ),
            "|! NOT ASKED 47s, no answer yet |",
        ),
        (
            hung(full.clone(), slow.clone()),
            "|B87|B 4|a 0|B99|f  |B22|f  |xxx|",
        ),
        (hung(untold(1), slow), "|! ANSWERS LATE 47s             |"),
        (unplaced, "|B87|B 4|a 0|B99|f  |B22|f  |"),
    ] {
        assert_eq!(drawn(&gpu, 4, StripContent::Activity), line);
    }
}

#[test]
fn the_selected_one_is_pointed_at_and_what_a_filter_leaves_out_is_a_letter() {
    assert_eq!(
        shown(&seven(), 4, StripContent::Activity, Some(GiId(8)), &|gi| gi
            .0
            < 10),
        "|B87>B 4<a 0|B  |f  |B  |f  |xxx|"
    );
}

#[test]
fn the_used_share_is_filled_and_something_is_never_nothing() {
    let model = model(vec![node("a")]);
    let skin = skin(false);
    let ctx = Ctx::new(&model, &skin);
    let gpu = seven();
    let strip = Strip {
        ctx: &ctx,
        gpu: &gpu,
        cell: 11,
        metric: Metric::GrActive,
        content: StripContent::Activity,
        selected: None,
        matched: &|_| true,
    };
    let area = Rect::new(0, 0, width(8, 11), 1);
    let mut buf = Buffer::empty(area);
    (&strip).render(area, &mut buf);
    let fill = ctx.style(Role::BusyFill).bg.unwrap();
    let filled = |from: u16| {
        (from..from + 10)
            .filter(|x| buf[(*x, 0)].bg == fill)
            .count()
    };
    assert_eq!(filled(1), 9);
    assert_eq!(filled(12), 1);
    assert_eq!(filled(23), 0);
    assert_eq!(filled(34), 10);
}

#[test]
fn no_window_and_no_axis_break_it() {
    let model = model_in(Language::Korean, vec![node("a")]);
    let skin = skin(false);
    let ctx = Ctx::new(&model, &skin);
    for gpu in &node("a").gpus {
        for room in 0..90 {
            let cell = cell_for(8, room);
            let strip = Strip {
                ctx: &ctx,
                gpu,
                cell,
                metric: Metric::GrActive,
                content: StripContent::Memory,
                selected: Some(GiId(7)),
                matched: &|_| true,
            };
            let area = Rect::new(0, 0, room, 1);
            let mut buf = Buffer::empty(area);
            (&strip).render(area, &mut buf);
            let small = Rect::new(3, 1, room, 1);
            let mut buf = Buffer::empty(Rect::new(0, 0, 20, 3));
            (&strip).render(small, &mut buf);
        }
    }
}
