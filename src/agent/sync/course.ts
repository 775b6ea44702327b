/** For which causes a trouble has lasted. A cause is real once two outcomes in a row had it. */
export interface Course {
  /** The last real cause, or the first one. */
  readonly cause: string;
  /** That of the last outcome. */
  readonly seen: string;
  /** How often another cause became the real one. */
  readonly changes: number;
}

/** What outsiders choose decides not how much is logged: of later changes, reminders tell. */
export const MOST_CHANGES = 10;

/** The course after an outcome with this cause; `course` is undefined at the first one. */
export function nextCourse(course: Course | undefined, seen: string): Course {
  if (course === undefined) {
    return { cause: seen, seen, changes: 0 };
  }
  const isReal = seen !== course.cause && seen === course.seen && course.changes < MOST_CHANGES;
  return isReal ? { cause: seen, seen, changes: course.changes + 1 } : { ...course, seen };
}
