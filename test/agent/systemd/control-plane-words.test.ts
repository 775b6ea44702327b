import { describe, expect, it } from "vitest";
import {
  aboutService,
  controlPlaneWordsIn,
  lastErrorIn,
} from "../../../src/agent/systemd/control-plane-words.ts";
import { remedyLines } from "../../../src/lib/text/remedy.ts";

/** What it said, and the lines that doctor shows. */
function words(text: string) {
  const found = controlPlaneWordsIn(text);
  return found && [found.why, ...remedyLines(found.remedy ?? [])];
}

const OWNER =
  "cannot open the database /srv/cp.db: /srv/cp.db belongs to root (group root, mode 0600), so user cp may not write there";

describe("what a control plane said when it did not start", () => {
  it.each([
    [
      "a command alone",
      `serve.failed: ${OWNER}\n  Fix: sudo chown cp:cp /srv/cp.db`,
      [OWNER, "Fix:", "  sudo chown cp:cp /srv/cp.db"],
    ],
    [
      "a sentence",
      "serve.failed: It is so.\n  Fix: set HOST to an address",
      ["It is so", "Fix: Set HOST to an address."],
    ],
    [
      "a sentence with a command",
      "serve.failed: cannot listen on PORT 3000\n  Fix: stop it. This shows it:\n  sudo ss -ltnp",
      ["cannot listen on PORT 3000", "Fix: Stop it. This shows it:", "  sudo ss -ltnp"],
    ],
    [
      "a fix in the first line",
      "serve.failed: cannot read TLS_CERT /k/x.pem: /k belongs to root. Fix: let its group enter it:\n  sudo chgrp cp /k",
      [
        "cannot read TLS_CERT /k/x.pem: /k belongs to root",
        "Fix: Let its group enter it:",
        "  sudo chgrp cp /k",
      ],
    ],
    [
      "a list of what is wrong, and no fix",
      "serve.failed: the environment is not valid:\n  PORT: must be an integer (got many)\n  HOST: is empty",
      [
        "the environment is not valid: PORT and HOST are wrong",
        "Fix: PORT: must be an integer (got many).",
        "HOST: is empty.",
      ],
    ],
    [
      "a list of what is wrong, and a fix",
      "serve.failed: the environment is not valid:\n  PORT: is wrong; it is in /a line 3\n  HOST: is empty\n  Fix: correct them, then run:\n  sudo systemctl restart a",
      [
        "the environment is not valid: PORT and HOST are wrong",
        "Fix: PORT: is wrong; it is in /a line 3.",
        "HOST: is empty.",
        "Correct them, then run:",
        "  sudo systemctl restart a",
      ],
    ],
    [
      "nothing but the last failure",
      `serve.failed: old\n  Fix: nothing\nserve.started: x\nserve.failed: new.`,
      ["new"],
    ],
    [
      "JSON",
      `{"event":"x","msg":"y"}\n{"level":"error","event":"serve.failed","msg":"It is so.\\nFix: do that:\\nsudo a -b"}`,
      ["It is so", "Fix: Do that:", "  sudo a -b"],
    ],
    [
      "wrong arguments",
      "novacula-control-plane: unknown option '--prot'\n  See: novacula-control-plane serve --help",
      ["unknown option '--prot' See: novacula-control-plane serve --help"],
    ],
  ])("is read from %s", (_what, text, expected) => {
    expect(words(text)).toEqual(expected);
  });

  it.each([
    "",
    "server.listening: Serving http://127.0.0.1:3000",
    'people.refused: The name "serve.failed: x. Fix: sudo rm -rf /" is not known.',
    '{"event":"serve.failed"}',
    '{"event":"people.refused","msg":"serve.failed: x\\n  Fix: sudo rm"}',
  ])("is nothing in %j", (text) => {
    expect(words(text)).toBeUndefined();
  });
});

describe("the last error of a unit whose program said nothing", () => {
  it.each([
    [
      "novacula-control-plane.service: Failed at step EXEC spawning /x: No such file\nFailed to start novacula-control-plane.service - It.",
      "Failed at step EXEC spawning /x: No such file",
    ],
    ["bug: Stopped because of a bug:\n  Error: x\n    at y", "bug: Stopped because of a bug:"],
    ["Failed to start novacula-control-plane.service - It.", undefined],
    ["novacula-control-plane.service: Failed with result 'signal'.\nFailed to start It.", undefined],
    ["novacula-control-plane.service: Main process exited, code=dumped, status=5/TRAP", undefined],
    ["novacula-control-plane.service: Start request repeated too quickly.", undefined],
    [
      "Failed to open /etc/x: No\nnovacula-control-plane.service: Failed to start X.",
      "Failed to open /etc/x: No",
    ],
    ["", undefined],
  ])("%j", (text, expected) => {
    expect(lastErrorIn(text)).toBe(expected);
  });
});

it("is believed of the unit, of root and of the service's user", () => {
  const unit = "novacula-control-plane.service";
  expect(aboutService(undefined)).toEqual([`_SYSTEMD_UNIT=${unit}`, "+", `UNIT=${unit}`, "_UID=0"]);
  expect(aboutService(996).slice(4)).toEqual(["+", `UNIT=${unit}`, "_UID=996"]);
});
