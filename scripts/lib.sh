# Shared by scripts/demo and scripts/test: what a machine needs, and how to get it there.
# Sourced by bash (3.2 or newer); the caller has set -euo pipefail.
# shellcheck shell=bash

cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit
export DEBIAN_FRONTEND=noninteractive
# shellcheck disable=SC2034  # for the caller
target_dir=${CARGO_TARGET_DIR:-$PWD/target}

have() { command -v "$1" >/dev/null 2>&1; }

fail() {
    printf 'error: %s\n' "$*" >&2
    exit 1
}

# --- sections, with the time that each took -------------------------------------------------------

section_name=
section() {
    section_end
    section_name=$1
    section_started=$SECONDS
    printf '\n==== %s\n' "$section_name"
}

section_end() {
    if [ -n "$section_name" ]; then
        printf -- '---- %s: %s s\n' "$section_name" "$((SECONDS - section_started))"
        section_name=
    fi
}

# --- system packages ------------------------------------------------------------------------------

missing_names=
missing_packages=

if have apt-get; then
    package_manager=apt
elif have dnf; then
    package_manager=dnf
elif have brew; then
    package_manager=brew
else
    package_manager=none
fi

# need NAME CHECK APT DNF BREW: when the command CHECK fails, remembers the packages to install.
# A package manager that brings NAME without a package of its own has "-".
need() {
    if "$2"; then
        return
    fi
    local packages=
    case $package_manager in
        apt) packages=$3 ;;
        dnf) packages=$4 ;;
        brew) packages=$5 ;;
    esac
    missing_names="${missing_names:+$missing_names, }$1"
    if [ "$packages" != - ]; then
        missing_packages="$missing_packages $packages"
    fi
}

# Runs a command as root: directly, or through sudo. Without a terminal sudo must not ask.
as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif [ -t 0 ]; then
        sudo "$@"
    else
        sudo -n "$@"
    fi
}

# Installs what the calls of `need` found missing.
install_missing() {
    if [ -z "$missing_names" ]; then
        return
    fi
    local by_hand="missing: $missing_names; install by hand"
    if [ -n "$missing_packages" ] && [ "$package_manager" != none ]; then
        by_hand="$by_hand with $package_manager:$missing_packages"
    fi
    if [ "$package_manager" = none ]; then
        fail "$by_hand (neither apt-get, dnf nor brew is here to do it)"
    fi
    if [ "$package_manager" != brew ] && [ "$(id -u)" != 0 ] && ! have sudo; then
        fail "$by_hand (neither root nor sudo)"
    fi
    printf 'installing %s:%s\n' "$missing_names" "$missing_packages"
    # Package names are separate words.
    # shellcheck disable=SC2086
    case $package_manager in
        apt)
            as_root apt-get update -qq </dev/null &&
                as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing_packages </dev/null
            ;;
        dnf) as_root dnf install -y -q $missing_packages </dev/null ;;
        brew) brew install $missing_packages </dev/null ;;
    esac || fail "$by_hand (the installation failed)"
    missing_names=
    missing_packages=
}

has_compiler() { have cc || have gcc || have clang; }
has_pkg_config() { have pkg-config; }
has_hdf5() {
    [ -n "${HDF5_DIR:-}" ] && return
    have pkg-config && pkg-config --exists hdf5 && return
    [ -f /usr/include/hdf5.h ] && return
    [ "$package_manager" = brew ] && brew --prefix --installed hdf5 >/dev/null 2>&1
}

# What building the library takes.
need_build_tools() {
    need "a C compiler" has_compiler "gcc libc6-dev" gcc llvm
    need pkg-config has_pkg_config pkg-config pkgconf-pkg-config pkg-config
    need "HDF5 with its headers" has_hdf5 libhdf5-dev hdf5-devel hdf5
}

# --- Rust -----------------------------------------------------------------------------------------

need_rust() {
    if ! have cargo && [ -x "$HOME/.cargo/bin/cargo" ]; then
        PATH=$HOME/.cargo/bin:$PATH
    fi
    have cargo || fail "cargo is missing. Install Rust from https://rustup.rs:
    curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh -s -- -y
then open a new shell and run this again."
}
