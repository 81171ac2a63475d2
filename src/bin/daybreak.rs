//! The `daybreak` command.

fn main() -> std::process::ExitCode {
    daybreak::cli::main()
}
