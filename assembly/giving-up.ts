// Takes back what tasks of a task graph have asked for: the shell never hears of it again.
import { CommandKind } from "./abi";
import { Call, callAt, callCapacity, callCount, findCall, removeCall } from "./instances";
import { allocateScratch } from "./memory";
import { addCommand, payloadMark } from "./output";

/** Takes back what waits under a serial; nothing where nothing does. */
export function giveUp(run: u32, serial: u32): void {
  const entry = findCall(run, serial);
  if (entry == 0) return;
  const kind = load<i32>(entry, 12);
  removeCall(run, serial);
  const command = kind == Call.TASK ? CommandKind.CANCEL_TASK : kind == Call.WORKFLOW ? CommandKind.CANCEL_WORKFLOW : CommandKind.CANCEL_TIMER;
  addCommand(command, 0, 0, serial, 0, payloadMark());
}

/** Takes back all that an instance has asked for, or all of the run (0), in the order of asking. */
export function giveUpAll(run: u32, name: u32): void {
  if (callCount(run) == 0) return;
  const list = allocateScratch(<usize>callCount(run) << 2);
  // Without memory for it the shell's answers find nobody: as good, only later.
  if (list == 0) return;
  const found = listSerials(run, name, list);
  for (let at: u32 = 0; at < found; at++) giveUp(run, load<u32>(list + (<usize>at << 2)));
}

/** Writes the serials that an instance, or (0) anybody, waits for to `list`, ascending; their count. */
export function listSerials(run: u32, name: u32, list: usize): u32 {
  let found: u32 = 0;
  for (let at: u32 = 0; at < callCapacity(run); at++) {
    const entry = callAt(run, at);
    if (load<u32>(entry) == 0 || (name != 0 && load<u32>(entry, 4) != name)) continue;
    store<u32>(list + (<usize>found << 2), load<u32>(entry));
    found += 1;
  }
  sortWords(list, found);
  return found;
}

/** Shell's sort: lists are short, or nearly in order. */
function sortWords(list: usize, count: u32): void {
  let gap: u32 = 1;
  while (gap < count / 3) gap = gap * 3 + 1;
  for (; gap > 0; gap /= 3) {
    for (let at = gap; at < count; at++) {
      const word = load<u32>(list + (<usize>at << 2));
      let to = at;
      for (; to >= gap && load<u32>(list + (<usize>(to - gap) << 2)) > word; to -= gap) store<u32>(list + (<usize>to << 2), load<u32>(list + (<usize>(to - gap) << 2)));
      store<u32>(list + (<usize>to << 2), word);
    }
  }
}

