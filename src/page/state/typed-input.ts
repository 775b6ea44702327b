/** Whether the person would lose something if the page were gone: an open form, or typed text. */
export function hasTypedInput(): boolean {
  if (document.querySelector("dialog[open] form") !== null) {
    return true;
  }
  const inputs = document.querySelectorAll<HTMLInputElement>("main form input:not([type=search])");
  return [...inputs].some(({ type, value }) => type !== "radio" && type !== "checkbox" && value !== "");
}
