import { readFile } from "node:fs/promises";
import { unitProperties } from "./systemctl.ts";

const UNIT = "novacula-control-plane.socket";
const PROPERTIES = ["ActiveState", "Listen", "FragmentPath", "DropInPaths"] as const;

/** What the socket unit of the control plane listens on, and its file; undefined: it is at rest. */
export async function listeningSocket(): Promise<
  { readonly listens: string; readonly path: string } | undefined
> {
  const unit = await unitProperties(UNIT, PROPERTIES).catch(() => undefined);
  if (unit?.ActiveState !== "active") {
    return undefined;
  }
  const paths = [unit.FragmentPath, ...unit.DropInPaths.split(" ")].filter(Boolean);
  const files = await Promise.all(
    paths.map(async (path) => ({ path, text: await readFile(path, "utf8").catch(() => "") })),
  );
  const [shown = "its port"] = unit.Listen.split(" ");
  return listenIn(files) ?? { listens: shown, path: unit.FragmentPath };
}

/** The last ListenStream= of a unit's files, with its file: systemd.socket(5). */
export function listenIn(
  files: readonly { readonly path: string; readonly text: string }[],
): { readonly listens: string; readonly path: string } | undefined {
  return files
    .flatMap(({ path, text }) =>
      [...text.matchAll(/^[ \t]*ListenStream[ \t]*=[ \t]*(\S.*?)[ \t]*$/gmu)].map(([, listens = ""]) => ({
        listens,
        path,
      })),
    )
    .at(-1);
}
