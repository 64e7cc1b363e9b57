package org.cupule.hw.cpu;

import java.util.ArrayList;
import java.util.Arrays;
import org.cupule.hardware.CpuContext;
import org.cupule.ram.Ram;
import org.jspecify.annotations.Nullable;

/**
 * Decoded blocks by physical address, behind a direct-mapped cache by linear address.
 *
 * <p>
 * A block of which a byte lies in a second page is never kept: it is decoded each time. So is a block of a page that
 * has only just become code, while another CPU may still hold a write translation of it.
 *
 * @threading confined to its CPU
 */
final class BlockCache {
    /** The most operations of a block. */
    static final int MOST_OPS = 64;
    private static final int JUMPS = 4096;
    private static final int BUCKETS = 1 << 14;
    private static final int MOST_BLOCKS = 1 << 17;

    private final Registers state;
    private final Mmu mmu;
    private final CpuContext context;
    private final CodeBytes bytes;
    private final Decoder decoder;
    private final boolean shared;
    private final int mostOps;
    private final Block[] jumps = new Block[JUMPS];
    private final long[] jumpLinears = new long[JUMPS];
    private final int[] jumpGenerations = new int[JUMPS];
    private Block[] buckets = new Block[BUCKETS];
    private int blocks;
    private long flushRequest = -1;

    BlockCache(Registers state, Mmu mmu, CpuContext context, Fault fault, boolean shared, int mostOps) {
        this.state = state;
        this.mmu = mmu;
        this.context = context;
        this.bytes = new CodeBytes(mmu, state, fault);
        this.decoder = new Decoder(bytes);
        this.shared = shared;
        this.mostOps = mostOps;
    }

    /** {@return the block at the instruction pointer} or faults. */
    Block at(long linear) {
        int slot = (int) (linear ^ linear >>> 12) & JUMPS - 1;
        Block block = jumps[slot];
        if (block != null && jumpLinears[slot] == linear && jumpGenerations[slot] == mmu.generation
                && block.mode == mode() && block.valid()) {
            return block;
        }
        block = find(linear);
        jumps[slot] = block;
        jumpLinears[slot] = linear;
        jumpGenerations[slot] = mmu.generation;
        return block;
    }

    /** Forgets everything. */
    void clear() {
        Arrays.fill(jumps, null);
        buckets = new Block[BUCKETS];
        blocks = 0;
    }

    private int mode() {
        return state.long64 ? 2 : state.code32 ? 1 : 0;
    }

    private Block find(long linear) {
        mmu.fetch(linear);
        Ram ram = mmu.fetchedRam;
        long offset = mmu.fetchedOffset;
        int mode = mode();
        int bucket = (int) (offset ^ offset >>> 14 ^ System.identityHashCode(ram)) & BUCKETS - 1;
        Block previous = null;
        for (Block block = buckets[bucket]; block != null; block = block.next) {
            if (block.offset == offset && block.ram == ram && block.mode == mode) {
                if (block.valid()) {
                    return block;
                }
                unlink(bucket, previous, block);
                continue;
            }
            previous = block;
        }
        return decode(linear, ram, offset, mode, bucket);
    }

    private void unlink(int bucket, @Nullable Block previous, Block block) {
        blocks--;
        if (previous == null) {
            buckets[bucket] = block.next;
        } else {
            previous.next = block.next;
        }
    }

    private Block decode(long linear, Ram ram, long offset, int mode, int bucket) {
        boolean fresh = !ram.holdsCode(offset);
        int generation = ram.markCode(offset);
        if (fresh) {
            mmu.dropWrites();
            flushRequest = shared ? context.requestFlush() : -1;
        }
        bytes.seek(linear, ram, offset);
        var ops = new ArrayList<Op>();
        int length = 0;
        while (true) {
            int before = length;
            Op op;
            try {
                op = decoder.decode(mode == 2, mode == 1, length);
            } catch (Fault | Leave e) {
                if (ops.isEmpty()) {
                    throw e;
                }
                break; // the instruction faults when it is reached, not before
            }
            if (bytes.crossed() && !ops.isEmpty()) {
                break; // an instruction that crosses into another page stands alone
            }
            ops.add(op);
            length = before + op.length;
            if (op.last || bytes.crossed() || bytes.left() == 0 || ops.size() >= mostOps) {
                break;
            }
        }
        boolean keep = length <= 0x1000 - (linear & 0xFFF) && settled();
        // A block that is not kept gets a generation that no page of code has: it is never valid again.
        var block = new Block(ops.toArray(Op[]::new), ram, offset, keep ? generation : generation - 1, mode);
        if (keep) {
            keep(block, bucket);
        }
        return block;
    }

    private boolean settled() {
        return flushRequest < 0 || context.flushed(flushRequest);
    }

    private void keep(Block block, int bucket) {
        if (++blocks > MOST_BLOCKS) {
            clear();
        }
        block.next = buckets[bucket];
        buckets[bucket] = block;
    }
}
