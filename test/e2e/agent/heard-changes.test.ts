import { chmodSync, linkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "vitest";
import { keyFingerprint } from "../../../src/protocol/fingerprint.ts";
import { agentHome } from "../../support/agent/agent-process.ts";
import { FILE_CHANGES, type FileChange, hasVim, stageFile } from "../../support/agent/file-change.ts";
import { HEARD_ONLY, startWatcher } from "../../support/agent/watcher-scene.ts";
import { eventually } from "../../support/eventually.ts";
import { makeKey } from "../../support/keys.ts";
import { lacks } from "../../support/requires.ts";
import { temporaryDirectory } from "../../support/temp-dir.ts";

/** As `docker run -v file:file` shows a file: another name leads to the same inode. */
const BY_ANOTHER_NAME: FileChange = {
  name: "in place, by another name of the file",
  stage(place) {
    writeFileSync(join(place.folder, "source.toml"), place.before, { mode: 0o600 });
    linkSync(join(place.folder, "source.toml"), place.path);
  },
  change: (place) => writeFileSync(join(place.folder, "source.toml"), place.after),
};

/**
 * The agent's own looks are so rare here that they never come. So whatever is delivered was
 * notified: that, and not the look, is why a new key is in use within a second.
 */
describe.concurrent("the system notifies of", () => {
  for (const change of [...FILE_CHANGES, BY_ANOTHER_NAME]) {
    it.skipIf(change.needs === "vim" && lacks("vim", hasVim()))(
      `a file that changes ${change.name}`,
      async () => {
        using directory = temporaryDirectory();
        const home = agentHome(directory.path, join(directory.path, change.path ?? "etc/agent.toml"));
        const [old, fresh] = [makeKey(), makeKey()];
        const url = "http://127.0.0.1:9";
        const place = {
          folder: directory.path,
          path: home.configPath,
          before: home.toml({ url, key: old }),
          after: home.toml({ url, key: fresh }),
        };
        stageFile(change, place);
        await using watch = await startWatcher(home.configPath, { cadence: HEARD_ONLY });
        await change.change(place);
        const hasFresh = () => {
          const last = watch.delivered.at(-1);
          return last?.verdict === "usable" && last.key.fingerprint === keyFingerprint(fresh);
        };
        await eventually(hasFresh, { describe: "the new key", timeoutMs: 30_000 });
      },
    );
  }

  it("a mode that opens the key to others", async () => {
    using directory = temporaryDirectory();
    const home = agentHome(directory.path);
    home.write({ url: "http://127.0.0.1:9", key: makeKey() });
    await using watch = await startWatcher(home.configPath, { cadence: HEARD_ONLY });
    chmodSync(home.configPath, 0o644);
    await eventually(() => watch.delivered.length > 0, { describe: "the mode", timeoutMs: 20_000 });
  });
});
