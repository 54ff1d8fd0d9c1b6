// A modal dialog: the browser keeps the focus in it, and Escape or a click beside it closes it.
import type { ComponentChildren, VNode } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { Icon } from "./icons.js";

export interface SheetProps {
  /** Of the heading that names it. */
  readonly id: string;
  readonly title: string;
  readonly isOpen: boolean;
  readonly onClose: () => void;
  readonly children: ComponentChildren;
}

/** The sheet with its heading. What is in it is made anew whenever it opens. */
export function Sheet({ id, title, isOpen, onClose, children }: SheetProps): VNode {
  const dialog = useRef<HTMLDialogElement>(null);
  // In the same turn as its content: keys that came between would be lost in it.
  useLayoutEffect(() => {
    if (isOpen && !dialog.current?.open) dialog.current?.showModal();
    if (!isOpen && dialog.current?.open) dialog.current.close();
  }, [isOpen]);
  return (
    <dialog class="sheet" ref={dialog} aria-labelledby={id} onClose={onClose} onClick={(event) => event.target === dialog.current && onClose()}>
      {isOpen && (
        <div class="sheet-body">
          <div class="row spread">
            <h2 id={id}>{title}</h2>
            <button type="button" class="icon-button" aria-label="Close" onClick={onClose}>
              <Icon name="cross" />
            </button>
          </div>
          {children}
        </div>
      )}
    </dialog>
  );
}
