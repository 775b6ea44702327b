import { describe, expect, it } from "vitest";
import { EVENTS } from "../../../src/agent/journal/events.ts";
import { createJournal, type JournalOptions } from "../../../src/agent/journal/journal.ts";
import { scrub } from "../../../src/agent/journal/scrub.ts";
import { leaksIn } from "../../support/canary.ts";
import { makeKey } from "../../support/keys.ts";

function record(options: JournalOptions) {
  const lines: string[] = [];
  const journal = createJournal({ write: (line) => void lines.push(line) }, options, () => 0);
  return { journal, lines };
}

describe("a line", () => {
  it("has its event's level, its message and its fields", () => {
    const { journal, lines } = record({ level: "info", format: "json" });
    journal.write({
      event: "key.refused",
      message: "Refused.",
      fields: { fingerprint: "3fa9c1d2", attempts: 2 },
    });
    expect(JSON.parse(lines[0] ?? "")).toEqual({
      level: "error",
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      event: "key.refused",
      fingerprint: "3fa9c1d2",
      attempts: 2,
      msg: "Refused.",
    });
  });

  it("below the level is not said, until the configuration asks for it", () => {
    const { journal, lines } = record({ level: "info", format: "journal" });
    journal.write({ event: "sync.accepted", message: "One." });
    journal.configure({ level: "debug", format: "json" });
    journal.write({ event: "sync.accepted", message: "Two." });
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0] ?? "")).toMatchObject({ level: "debug", msg: "Two." });
  });

  it("has the format of the configuration, each line anew", () => {
    const { journal, lines } = record({ level: "info", format: "journal" });
    const entry = { event: "key.refused", message: 'Refused: "%s".\nAnd more.' } as const;
    journal.write(entry);
    journal.configure({ level: "info", format: "pretty" });
    journal.write(entry);
    journal.configure({ level: "info", format: "json" });
    journal.write(entry);
    expect(lines[0]).toBe('<3>key.refused: Refused: "%s".\n<3>  And more.\n');
    expect(lines[1]).toMatch(/^\d\d:\d\d:\d\d .*error.* key\.refused: Refused: "%s"\.\n {2}And more\.\n$/);
    expect(JSON.parse(lines[2] ?? "")).toMatchObject({ event: "key.refused", msg: entry.message });
  });

  it("that stands for others says how many were left out", () => {
    let now = 0;
    const lines: string[] = [];
    const output = { write: (line: string) => void lines.push(line) };
    const journal = createJournal(output, { level: "info", format: "journal" }, () => now);
    for (let count = 0; count < 25; count += 1) {
      journal.write({ event: "key.refused", message: "Again." });
    }
    expect(lines).toHaveLength(20);
    now = 300_000;
    journal.write({ event: "key.refused", message: "Again." });
    expect(lines.at(-1)).toBe("<3>key.refused: Again. (5 more lines like this were left out)\n");
  });
});

describe("a key that some mistake brings here", () => {
  const secret = makeKey();

  it.each(["journal", "pretty", "json"] as const)(
    "does not get out as %s: not in a message, not in a field",
    (format) => {
      const { journal, lines } = record({ level: "info", format });
      journal.write({
        event: "agent.bug",
        message: `at ${secret}\n  in ${secret}"`,
        fields: { detail: secret },
      });
      expect(leaksIn(lines.join(""), [secret])).toEqual([]);
      expect(lines.join("")).toContain("exc_[redacted]");
    },
  );

  it("is taken out of any text, however often it is there; its prefix alone is not", () => {
    expect(scrub(`${secret} and Bearer ${secret}, but exc_ and exc_…`)).toBe(
      "exc_[redacted] and Bearer exc_[redacted], but exc_ and exc_…",
    );
  });
});

it("every event says what it means and what to do, and only errors need a person", () => {
  for (const [name, { level, meaning, remedy }] of Object.entries(EVENTS)) {
    expect(name).toMatch(/^[a-z-]+\.[a-z-]+$/);
    expect(meaning, name).toMatch(/\.$/);
    expect(remedy, name).toMatch(/\.$/);
    if (level === "error") {
      expect(remedy, name).not.toBe("Nothing.");
    }
  }
});

describe("a reader that has stopped", () => {
  it("costs the lines beyond 1 MiB, which are counted when it is back", () => {
    const kept: string[] = [];
    let waiting = 0;
    let back = () => {};
    const output = {
      write: (line: string) => {
        kept.push(line);
        waiting += line.length;
      },
      get writableLength() {
        return waiting;
      },
      once: (_event: "drain", listener: () => void) => {
        back = listener;
      },
    };
    const journal = createJournal(output, { level: "info", format: "journal" }, () => 0);
    const line = { event: "config.restored", message: "x".repeat(10_000) } as const;
    for (let count = 0; count < 1000; count += 1) {
      journal.write(line);
    }
    expect(waiting).toBeLessThan(1.1 * 1024 * 1024);
    const before = kept.length;
    waiting = 0;
    back();
    expect(kept.slice(before)).toEqual([
      `<4>journal.gap: ${1000 - before} lines were lost here: nothing read the agent's output.\n`,
    ]);
    journal.write(line);
    expect(kept.at(-1)).toContain("config.restored");
  });
});
