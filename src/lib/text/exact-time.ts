const EXACT = new Intl.DateTimeFormat(undefined, {
  year: "numeric",
  month: "short",
  day: "numeric",
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  hourCycle: "h23",
  timeZoneName: "short",
});

/** `20 Nov 2026, 12:03:07 CET`: an epoch ms in the reader's zone. */
export function exactTime(at: number): string {
  return EXACT.format(at);
}

/** As utcTime() in clock.ts writes them, and as JSON has them. */
const TIME = /(\d{4}-\d\d-\d\d)(?:T| )(\d\d:\d\d:\d\d)(?:(?:\.\d+)?Z| UTC)/g;

/** The sentence with its times in the reader's zone. */
export function withExactTimes(sentence: string): string {
  return sentence.replaceAll(TIME, (text: string, day: string, clock: string) => {
    const at = Date.parse(`${day}T${clock}Z`);
    return Number.isNaN(at) ? text : exactTime(at);
  });
}
