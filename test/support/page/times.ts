/**
 * Times as the page writes them: with the date when it is not today's. A test may run around
 * midnight, in the browser's zone or in UTC.
 */
const OTHER_DAY = String.raw`(?:\d{1,2} \p{L}{3,4} \d{4}, )?`;

/** `12:03:07` or `29 Nov 2026, 12:03:07`: a pattern to build others with. */
export const CLOCK: string = String.raw`${OTHER_DAY}\d\d:\d\d:\d\d`;

/** `12:03` or `29 Nov 2026, 12:03`. */
export const CLOCK_MINUTE: string = String.raw`${OTHER_DAY}\d\d:\d\d`;

/** What a rotation puts behind the name of a key: the day in UTC. */
export const DATE_SUFFIX: string = String.raw`\d{6}`;
