import type { Machine } from "./machine.ts";

/** What systemd itself has said about our units in this boot: warnings and errors. */
export async function complaints(machine: Machine): Promise<readonly string[]> {
  const said = await machine.sh("journalctl --sync; journalctl -b -o cat --no-pager _PID=1 -p warning");
  return said.split("\n").filter((line) => line.includes("novacula"));
}
