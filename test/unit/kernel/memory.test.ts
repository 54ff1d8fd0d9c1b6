// The allocator: no two blocks overlap, freed blocks are used again, memory stays flat, limits hold.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BUILDS, openInstance } from "./assembler.js";

const POISON = 0xdd;

describe.each(BUILDS)("memory ($build)", ({ build, file }) => {
  it("hands out aligned blocks that never overlap and keep what was written", async () => {
    const { exports, bytes } = await open(file);
    const size = fc.oneof(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1, max: 20_000 }), fc.integer({ min: 1, max: 300_000 }), fc.integer({ min: 1 << 20, max: 4 << 20 }));
    const action = fc.record({ size, isFree: fc.boolean(), which: fc.nat() });
    fc.assert(
      fc.property(fc.array(action, { maxLength: 60 }), (actions) => {
        const live: { address: number; size: number; mark: number }[] = [];
        actions.forEach((step, index) => {
          if (step.isFree && live.length > 0) {
            const [block] = live.splice(step.which % live.length, 1);
            if (block !== undefined) release(block);
            return;
          }
          const address = exports.allocateBlock(step.size) >>> 0;
          expect(address % 64).toBe(0);
          for (const other of live) expect(address + step.size <= other.address || other.address + other.size <= address).toBe(true);
          const mark = index & 0x7f;
          bytes().fill(mark, address, address + step.size);
          live.push({ address, size: step.size, mark });
        });
        for (const block of live) release(block);
      }),
      { numRuns: 60 },
    );

    function release(block: { address: number; size: number; mark: number }): void {
      const view = bytes();
      expect([view[block.address], view[block.address + block.size - 1], view[block.address + (block.size >> 1)]]).toEqual([
        block.mark,
        block.mark,
        block.mark,
      ]);
      exports.freeBlock(block.address, block.size);
      if (build === "debug" && block.size > 8) expect(bytes()[block.address + block.size - 1]).toBe(POISON);
    }
  });

  it("uses freed blocks again: memory stays flat over rounds", async () => {
    const { exports } = await open(file);
    const round = () => {
      const blocks = Array.from({ length: 300 }, (_, index) => ({ size: 50 + ((index * 7919) % 9000), address: 0 }));
      for (const block of blocks) block.address = exports.allocateBlock(block.size);
      for (const block of blocks) exports.freeBlock(block.address, block.size);
    };
    round();
    const size = exports.memorySize();
    for (let i = 0; i < 50; i++) round();
    expect(exports.memorySize()).toBe(size);
  });

  it("joins large blocks that are freed: what some give up serves a larger one, and the end of the heap grows", async () => {
    const { exports } = await open(file);
    const mib = 1 << 20;
    const before = exports.memoryUsed();
    const blocks = [2, 3, 5, 2].map((size) => exports.allocateBlock(size * mib) >>> 0);
    const [first = 0, second = 0, third = 0, last = 0] = blocks;
    expect(exports.memoryUsed() - before).toBe(12 * mib);
    exports.freeBlock(second, 3 * mib);
    exports.freeBlock(first, 2 * mib);
    expect(exports.allocateBlock(5 * mib) >>> 0).toBe(first);
    exports.freeBlock(last, 2 * mib);
    exports.freeBlock(third, 5 * mib);
    const size = exports.memorySize();
    expect(exports.allocateBlock(9 * mib) >>> 0).toBe(third);
    expect(exports.memorySize() - size).toBeLessThan(8 * mib);
    expect(exports.memoryUsed() - before).toBe(14 * mib);
    // Sizes that are no whole pages, and what is left over of a block.
    exports.freeBlock(third, 9 * mib);
    const odd = exports.allocateBlock(2 * mib + 1) >>> 0;
    expect([odd, exports.allocateBlock(2 * mib) >>> 0]).toEqual([third, third + 2 * mib + 4096]);
  });

  it("grows slowly without leaving blocks of every size behind", async () => {
    const { exports } = await open(file);
    let block = 0;
    let size = 0;
    for (let next = 2 << 20; next < 40 << 20; next += 1 << 20) {
      const grown = exports.allocateBlock(next) >>> 0;
      if (block !== 0) exports.freeBlock(block, size);
      [block, size] = [grown, next];
    }
    expect(exports.memorySize()).toBeLessThan(140 << 20);
  });

  it("gives 0 at the limit and goes on with what is freed", async () => {
    const { exports } = await open(file);
    exports.setMemoryLimits(4 << 20, 1 << 20);
    const blocks: number[] = [];
    for (let block = exports.allocateBlock(65_536); block !== 0; block = exports.allocateBlock(65_536)) blocks.push(block);
    expect(blocks.length).toBeGreaterThan(40);
    expect(exports.memorySize()).toBeLessThanOrEqual(4 << 20);
    expect(exports.allocatePermanent(100_000)).toBe(0);
    expect(exports.allocateBlock(0xffffffff | 0)).toBe(0);
    // A small block comes out of a large one that was freed.
    exports.freeBlock(blocks.pop() as number, 65_536);
    expect(exports.allocateBlock(100)).not.toBe(0);
  });

  it("keeps permanent memory zeroed, 16-aligned and apart", async () => {
    const { exports, bytes } = await open(file);
    let last = 0;
    for (const size of [1, 16, 17, 1000, 40_000, 70_000, 3, 200_000]) {
      const address = exports.allocatePermanent(size) >>> 0;
      expect(address % 16).toBe(0);
      expect(address).not.toBe(last);
      expect(
        bytes()
          .subarray(address, address + size)
          .every((byte) => byte === 0),
      ).toBe(true);
      bytes().fill(1, address, address + size);
      last = address;
    }
  });

  it("ends scratch at a reset, keeps its first chunk and holds its limit", async () => {
    const { exports } = await open(file);
    exports.setMemoryLimits(1 << 30, 1 << 20);
    exports.resetScratch();
    const first = exports.allocateScratch(100);
    exports.resetScratch();
    expect(exports.allocateScratch(40)).toBe(first);
    expect(exports.allocateScratch(8) - first).toBe(48);
    let count = 0;
    while (exports.allocateScratch(30_000) !== 0) count++;
    expect(count).toBeGreaterThan(20);
    expect(count).toBeLessThan(40);
    exports.resetScratch();
    const size = exports.memorySize();
    for (let round = 0; round < 20; round++) {
      while (exports.allocateScratch(30_000) !== 0);
      exports.resetScratch();
    }
    expect(exports.memorySize()).toBe(size);
    expect(exports.allocateScratch(2 << 20)).toBe(0);
    expect(exports.allocateScratch(16)).toBe(first);
  });
});

async function open(file: string) {
  const instance = await openInstance(file);
  return { exports: instance.exports, bytes: () => instance.bytes() };
}
