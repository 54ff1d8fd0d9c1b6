// The sheet that lists the keys and says in a few words how the playground works.
import type { VNode } from "preact";
import { Sheet } from "./sheet.js";
import { SHORTCUTS } from "./shortcuts.js";
import { isHelpOpen } from "./views.js";

/** The help. */
export function HelpSheet(): VNode {
  const close = (): void => {
    isHelpOpen.value = false;
  };
  return (
    <Sheet id="help-title" title="How this works" isOpen={isHelpOpen.value} onClose={close}>
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
    </Sheet>
  );
}
