// Keeps a run's tokens in document order and without unused records between them, which is what a step begins and ends
// with: whoever looks for the tokens of a scope finds them side by side.
import { TOKEN_SIZE, resizeTokens, runTokens, setTokenCount, tokenCapacity, tokenCount } from "./run";
import { TokenPhase, tokenPhase } from "./token";

/** Closes gaps and sorts where needed. Indexes of tokens change. O(tokens) where they are in order already. */
export function arrangeTokens(run: u32): void {
  const count = tokenCount(run);
  if (count == 1) return;
  const table = runTokens(run);
  let live: u32 = 0;
  let last: u64 = 0;
  let isSorted = true;
  for (let index: u32 = 0; index < count; index++) {
    const token = table + <usize>index * TOKEN_SIZE;
    if (tokenPhase(token) == TokenPhase.FREE) continue;
    if (live != index) memory.copy(table + <usize>live * TOKEN_SIZE, token, TOKEN_SIZE);
    const key = keyOf(token);
    if (key < last) isSorted = false;
    last = key;
    live += 1;
  }
  setTokenCount(run, live);
  if (!isSorted) sortTokens(table, live);
  if (live == 1 && tokenCapacity(run) > 1) resizeTokens(run, 1);
}

/** Document order; within a join by the way that the token came. */
@inline
function keyOf(token: usize): u64 {
  return (<u64>load<u32>(token) << 32) | load<u32>(token, 28);
}

/** Heap sort, in place. */
function sortTokens(table: usize, count: u32): void {
  for (let root = count >> 1; root > 0; root--) siftDown(table, root - 1, count);
  for (let end = count - 1; end > 0; end--) {
    swap(table, table + <usize>end * TOKEN_SIZE);
    siftDown(table, 0, end);
  }
}

function siftDown(table: usize, root: u32, count: u32): void {
  while (true) {
    let child = root * 2 + 1;
    if (child >= count) return;
    if (child + 1 < count && keyOf(table + <usize>child * TOKEN_SIZE) < keyOf(table + <usize>(child + 1) * TOKEN_SIZE)) child += 1;
    const upper = table + <usize>root * TOKEN_SIZE;
    const lower = table + <usize>child * TOKEN_SIZE;
    if (keyOf(upper) >= keyOf(lower)) return;
    swap(upper, lower);
    root = child;
  }
}

function swap(a: usize, b: usize): void {
  for (let at: usize = 0; at < TOKEN_SIZE; at += 16) {
    const cell = v128.load(a + at);
    v128.store(a + at, v128.load(b + at));
    v128.store(b + at, cell);
  }
}
