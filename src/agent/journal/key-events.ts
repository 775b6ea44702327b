import type { EventDescription } from "./event-description.ts";

const NOTHING_TO_DO = "Nothing.";
const SET_A_WORKING_KEY =
  "`sudo novacula-agent set-key`, or put a working key into the file that the line names. No restart is needed.";

/** The events about the key of the executor. */
export const KEY_EVENTS = {
  "key.accepted": {
    level: "info",
    meaning: "The control plane accepted the key: the executor is online with it.",
    remedy: NOTHING_TO_DO,
  },
  "key.expiring": {
    level: "warn",
    meaning:
      "The key in use expires soon, or its grace after a rotation ends. The line comes 14, 3 and 1 days before.",
    remedy:
      "Create a new key (after a rotation there is one), then run `sudo novacula-agent set-key`; nothing is interrupted.",
    flaps: true,
  },
  "key.fallback": {
    level: "error",
    meaning: "The key in the file is refused, but the previous one is accepted again and in use.",
    remedy: SET_A_WORKING_KEY,
    flaps: true,
  },
  "key.forbidden": {
    level: "error",
    meaning:
      "The control plane knows the key, but does not allow it here (403): it belongs to another organization or another executor.",
    remedy: "Do what the line says; usually this executor needs a key of its own organization.",
    flaps: true,
  },
  "key.new": {
    level: "info",
    meaning: "The file has a new key, which the agent now tries, with the settings that changed beside it.",
    remedy: NOTHING_TO_DO,
  },
  "key.new-refused": {
    level: "error",
    meaning:
      "The control plane refused the new key in the file, or the key with a new URL, proxy, CA file or `agent.name`. The executor stays online with what it had, but could not come online after a restart.",
    remedy: `${SET_A_WORKING_KEY} If a setting was changed, do what the line says.`,
    flaps: true,
  },
  "key.recovered": {
    level: "info",
    meaning: "A key that was refused is accepted again.",
    remedy: "Nothing. If nobody changed anything, the control plane had a problem.",
    flaps: true,
  },
  "key.refused": {
    level: "error",
    meaning:
      "The control plane refused the key (401). The line says which key, the most likely reason, and what to do. The nodes keep running.",
    remedy: SET_A_WORKING_KEY,
    flaps: true,
  },
  "key.rotated": {
    level: "info",
    meaning: "The new key was accepted and is in use; the line names both keys.",
    remedy: "Revoke the old key, if that has not been done.",
  },
  "key.unusable": {
    level: "error",
    meaning:
      "The key in the file is damaged so that it cannot work (white space inside, cut quotes, a placeholder …). It is not sent.",
    remedy: SET_A_WORKING_KEY,
  },
  "key.warning": {
    level: "warn",
    meaning: "The key is in use, but something about it or its file should be fixed.",
    remedy: "Do what the line says.",
  },
} as const satisfies Record<string, EventDescription>;
