/** As systemd 257 printed them. */
export const RUNNING = `Id=litecoin-node@a.service
LoadState=loaded
ActiveState=active
SubState=running
Result=success
NRestarts=0
InvocationID=f1f1f4e5c8d94a0aa0e2ab7b8a4a6d6d
ExecMainStartTimestampMonotonic=5123456789
ExecMainCode=0
ExecMainStatus=0
MemoryCurrent=123456789
ConditionResult=yes
ConditionTimestampMonotonic=5123000000
NeedDaemonReload=no`;
/** Recorded with systemd 257 and control groups of version 2, right after the kernel's kill. */
export const OUT_OF_MEMORY = `Result=oom-kill
NRestarts=0
ExecMainStartTimestampMonotonic=196869955
ExecMainCode=2
ExecMainStatus=9
ControlGroup=
MemoryCurrent=[not set]
Id=litecoin-node@b.service
LoadState=loaded
ActiveState=activating
SubState=auto-restart
FragmentPath=/usr/lib/systemd/system/litecoin-node@.service
Job=
NeedDaemonReload=no
ConditionResult=yes
ConditionTimestampMonotonic=142188794
InvocationID=09ec023c3f5f4a759073f777b2ce26e3`;
/** The same unit 3 s later: node-wait runs, and the kill is forgotten. */
export const AFTER_OUT_OF_MEMORY = `Result=success
NRestarts=1
ExecMainStartTimestampMonotonic=0
ExecMainCode=0
ExecMainStatus=0
ControlGroup=/system.slice/system-litecoin\\x2dnode.slice/litecoin-node@b.service
MemoryCurrent=1626112
Id=litecoin-node@b.service
LoadState=loaded
ActiveState=activating
SubState=start-pre
FragmentPath=/usr/lib/systemd/system/litecoin-node@.service
Job=48
NeedDaemonReload=no
ConditionResult=yes
ConditionTimestampMonotonic=142188794
InvocationID=b4381d29c52742c1ae6baf78becf76ce`;
export const NEVER_STARTED = `Id=litecoin-node@c.service
LoadState=loaded
ActiveState=inactive
SubState=dead
Result=success
NRestarts=0
InvocationID=
ExecMainStartTimestampMonotonic=0
ExecMainCode=0
ExecMainStatus=0
MemoryCurrent=18446744073709551615
ConditionResult=no
ConditionTimestampMonotonic=0
NeedDaemonReload=no`;
