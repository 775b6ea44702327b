/**
 * A command to copy ends the line, so nothing can be copied with it. Several problems have one
 * each: then the effect comes first.
 */
export function withFixLast(problem: string, consequence: string): string {
  const markers = [...problem.matchAll(/\b(?:Fix|[Rr]un): /gu)];
  const [marker] = markers;
  if (marker === undefined) {
    return `${problem} ${consequence}`;
  }
  if (markers.length > 1 || problem.includes(" | ")) {
    return `${consequence} ${problem}`;
  }
  const before = problem.slice(0, marker.index);
  const start = Math.max(...[". ", "! ", "? "].map((end) => before.lastIndexOf(end))) + 2;
  return start < 2
    ? `${consequence} ${problem}`
    : `${problem.slice(0, start)}${consequence} ${problem.slice(start)}`;
}
