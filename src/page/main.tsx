import "./without-eval.ts";
import { render } from "preact";
import { App } from "./app.tsx";
import { createPageState, PageStateContext, startPageState } from "./state/page-state.ts";
import { addStyles } from "./style/styles.ts";

const root = document.getElementById("app");
if (root !== null) {
  addStyles();
  const state = createPageState();
  startPageState(state);
  render(
    <PageStateContext.Provider value={state}>
      <App />
    </PageStateContext.Provider>,
    root,
  );
}
