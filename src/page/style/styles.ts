import account from "./account.css?inline";
import base from "./base.css?inline";
import controls from "./controls.css?inline";
import dialog from "./dialog.css?inline";
import keys from "./keys.css?inline";
import layout from "./layout.css?inline";
import list from "./list.css?inline";
import overview from "./overview.css?inline";
import timeline from "./timeline.css?inline";

/**
 * The styles travel with the script, because nothing is shown before it runs: a file of their own
 * would be one more request that blocks the first picture.
 */
export function addStyles(): void {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync([base, controls, layout, list, dialog, keys, account, overview, timeline].join("\n"));
  document.adoptedStyleSheets.push(sheet);
}
