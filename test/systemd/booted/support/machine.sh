#!/bin/sh
# Boots a container and holds it for as long as its own stdin stays open; run in a mount namespace of its own, so that
# the mount ends with it. Whatever happens to the test runner, the end of stdin ends the container and everything of it.
#   machine.sh NAME FOLDER LOWERDIRS [OPTION OF systemd-nspawn]...
# Prints "booting PID" (of systemd-nspawn) at each boot. FOLDER/upper may hold files already; FOLDER goes away at the end.
set -u
name=$1 folder=$2 lower=$3
shift 3
# A shell gives its background commands /dev/null for stdin.
exec 3<&0
mkdir -p "$folder/upper" "$folder/work" "$folder/merged"
mount -t overlay "$name" -o "lowerdir=$lower,upperdir=$folder/upper,workdir=$folder/work" "$folder/merged" || exit 2

# Two containers in one control group would share their units' groups: each gets its own.
groups=
for hierarchy in /sys/fs/cgroup/unified /sys/fs/cgroup/systemd /sys/fs/cgroup; do
    [ -e "$hierarchy/cgroup.procs" ] || continue
    mkdir -p "$hierarchy/$name" && groups="$groups $hierarchy/$name"
done

# Never SIGKILL systemd-nspawn itself: the container would live on. Its only child is the container's PID 1.
stop() {
    nspawn=$(cat "$folder/pid") && leader=$(cat "/proc/$nspawn/task/$nspawn/children") && kill -KILL "${leader% }"
} 2>/dev/null
{
    cat <&3 >/dev/null
    [ ! -e "$folder/pid" ] || touch "$folder/stopping"
    while [ -e "$folder/pid" ]; do
        stop
        sleep 0.1
    done
} 2>/dev/null &

while [ ! -e "$folder/stopping" ]; do
    # shellcheck disable=SC2016
    sh -c 'for group in $0; do echo $$ >"$group/cgroup.procs"; done
           exec setpriv --pdeathsig TERM systemd-nspawn "$@"' "$groups" \
        --quiet --boot --register=no --keep-unit --private-network --console=pipe \
        --machine="$name" --directory="$folder/merged" "$@" </dev/null 3<&- >>"$folder/console" 2>&1 &
    echo $! >"$folder/pid"
    echo "booting $!"
    wait $!
    # 133: the container asked for a reboot.
    [ $? -eq 133 ] || break
done

rm -f "$folder/pid"
umount --lazy "$folder/merged"
for group in $groups; do
    find "$group" -depth -type d -exec rmdir {} + 2>/dev/null
done
rm -rf "$folder"
