//! `library BUILT SCENARIO FOLDER`: the simulated library of a scenario's driver version, for `sim/lib`.

use std::path::Path;
use std::process::ExitCode;

use nvml_sim::driver::Driver;
use nvml_sim::library;
use nvml_sim::scenario::Scenario;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [built, scenario, folder] = &arguments[..] else {
        eprintln!("usage: library BUILT SCENARIO FOLDER");
        return ExitCode::from(2);
    };
    match make(Path::new(built), scenario, Path::new(folder)) {
        Ok(place) => {
            println!("{place}");
            ExitCode::SUCCESS
        }
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}

/// Prints the folder that holds the library: one for each driver version.
fn make(built: &Path, scenario: &str, folder: &Path) -> Result<String, String> {
    let scenario = Scenario::load(scenario).map_err(|why| why.to_string())?;
    let host = scenario.hosts.first().ok_or("the scenario has no host")?;
    let driver = Driver::open(&scenario, &host.name, None).map_err(|why| why.to_string())?;
    let folder = folder.join(&driver.host().driver);
    library::install(built, &driver, &folder).map_err(|why| why.to_string())?;
    Ok(folder.display().to_string())
}
