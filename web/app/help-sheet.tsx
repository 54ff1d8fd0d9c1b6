// The sheet that lists the keys and says in a few words how the playground works.
import type { VNode } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { Icon } from "./icons.js";
import { SHORTCUTS } from "./shortcuts.js";
import { isHelpOpen } from "./views.js";

/** A modal dialog; the browser keeps the focus in it. */
export function HelpSheet(): VNode {
  const dialog = useRef<HTMLDialogElement>(null);
  const isOpen = isHelpOpen.value;
  useEffect(() => {
    if (isOpen && !dialog.current?.open) dialog.current?.showModal();
    if (!isOpen && dialog.current?.open) dialog.current.close();
  }, [isOpen]);
  const close = (): void => {
    isHelpOpen.value = false;
  };
  return (
    <dialog
      class="sheet"
      ref={dialog}
      aria-labelledby="help-title"
      onClose={close}
      onClick={(event) => event.target === dialog.current && close()}
    >
      <div class="sheet-body">
        <div class="row spread">
          <h2 id="help-title">How this works</h2>
          <button type="button" class="icon-button" aria-label="Close" onClick={close}>
            <Icon name="cross" />
          </button>
        </div>
        <p>
          Write a workflow on the left, watch its diagram in the middle, start and steer runs on the right. Everything happens in this
          browser: a run goes on after a reload, and closing the tab only pauses time for it.
        </p>
        <h3>Keys</h3>
        <dl class="keys">
          {SHORTCUTS.map(({ keys, meaning }) => (
            <div key={keys}>
              <dt>
                {keys.split(" ").map((key) => (
                  <kbd key={key}>{key}</kbd>
                ))}
              </dt>
              <dd>{meaning}</dd>
            </div>
          ))}
        </dl>
      </div>
    </dialog>
  );
}
