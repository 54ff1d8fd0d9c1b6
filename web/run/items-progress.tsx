// How far the items of the open run's tasks are: a bar each while they go on, and now and then a word for those who do not see it.
import type { VNode } from "preact";
import { type ItemCounts, sayCounts } from "./item-counts.js";
import { itemsProgress, openStatus, spokenProgress } from "./open-run.js";
import { isEnded } from "./run-list.js";
import { formatName } from "./run-marks.js";

function Bar({ counts }: { counts: ItemCounts }): VNode {
  const name = formatName(counts.state);
  return (
    <li class="items-line">
      <span class="items-name">{name}</span>
      <span class="items-counts">
        {counts.done.toLocaleString("en")} / {counts.total.toLocaleString("en")}
        {counts.failed > 0 && <span class="tone-text-bad"> {counts.failed.toLocaleString("en")} failed</span>}
      </span>
      <progress max={counts.total} value={counts.done} aria-label={name} aria-valuetext={sayCounts(counts)} />
    </li>
  );
}

/** Bars at once; a graph may have more such tasks than a panel has room for. */
const barCountMax = 4;

/** Tasks whose items are not all done, of a run that has not ended. */
export function ItemsProgress(): VNode {
  const isOver = openStatus.value !== undefined && isEnded(openStatus.value);
  const going = isOver ? [] : [...itemsProgress.value.values()].filter(({ done, total }) => done < total);
  return (
    <div class={`items-part${going.length === 0 ? " visually-hidden" : ""}`}>
      {going.length > 0 && (
        <ul class="items-list" aria-label="Items">
          {going.slice(0, barCountMax).map((counts) => (
            <Bar key={counts.state} counts={counts} />
          ))}
          {going.length > barCountMax && <li class="quiet">and {going.length - barCountMax} more tasks with items</li>}
        </ul>
      )}
      <p class="visually-hidden" role="status">
        {spokenProgress.value}
      </p>
    </div>
  );
}
