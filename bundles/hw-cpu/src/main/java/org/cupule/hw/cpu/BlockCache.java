package org.cupule.hw.cpu;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.cupule.hardware.CpuContext;
import org.cupule.ram.Ram;
import org.jspecify.annotations.Nullable;

/**
 * Decoded blocks by physical address, behind a direct-mapped cache by linear address.
 *
 * <p>
 * The same bytes may be decoded several times, for modes in which they mean different things:
 *
 * <pre>
 *     3        2        1..0
 *  +--------+--------+--------+
 *  | single |  user  | width  |     width: 0 16-bit, 1 32-bit, 2 64-bit code;  user: CPL 3, whose rights differ;
 *  +--------+--------+--------+     single: one instruction only
 * </pre>
 *
 * @threading confined to its CPU
 */
final class BlockCache {
    /** The most instructions of a block. */
    static final int MOST_OPS = 64;
    private static final int SINGLE = 8;
    private static final int JUMPS = 4096;
    private static final int BUCKETS = 1 << 14;
    private static final int MOST_BLOCKS = 1 << 17;

    private final Registers state;
    private final Mmu mmu;
    private final CpuContext context;
    private final CodeBytes bytes;
    private final Decoder decoder;
    private final Leave pageEnd = new Leave();
    private final boolean shared;
    private final int mostOps;
    private final Block[] jumps = new Block[JUMPS];
    private final long[] jumpLinears = new long[JUMPS];
    private final int[] jumpEpochs = new int[JUMPS];
    private final Map<Ram, Map<Long, CodePage>> pages = new HashMap<>();
    private final ArrayList<Op> ops = new ArrayList<>();
    private Block[] buckets = new Block[BUCKETS];
    private int blocks;
    private boolean keepable;

    BlockCache(Registers state, Mmu mmu, CpuContext context, Fault fault, boolean shared, int mostOps) {
        this.state = state;
        this.mmu = mmu;
        this.context = context;
        this.bytes = new CodeBytes(this, mmu, state, fault, pageEnd);
        this.decoder = new Decoder(bytes);
        this.shared = shared;
        this.mostOps = mostOps;
    }

    /** {@return the block at a linear address} or faults. */
    Block at(long linear) {
        return at(linear, state.mode);
    }

    /** {@return a block of one instruction} or faults. */
    Block single(long linear) {
        return at(linear, state.mode | SINGLE);
    }

    private Block at(long linear, int mode) {
        int slot = (int) (linear ^ linear >>> 12 ^ mode << 8) & JUMPS - 1;
        Block block = jumps[slot];
        if (block != null && jumpLinears[slot] == linear && jumpEpochs[slot] == mmu.epoch && block.mode == mode
                && block.valid()) {
            return block;
        }
        block = find(linear, mode);
        jumps[slot] = block;
        jumpLinears[slot] = linear;
        jumpEpochs[slot] = mmu.epoch;
        return block;
    }

    /** Forgets everything. */
    void clear() {
        Arrays.fill(jumps, null);
        buckets = new Block[BUCKETS];
        blocks = 0;
        pages.clear();
    }

    private Block find(long linear, int mode) {
        mmu.fetch(linear);
        Ram ram = mmu.fetchedRam;
        long offset = mmu.fetchedOffset;
        int bucket = (int) (offset ^ offset >>> 14 ^ System.identityHashCode(ram)) & BUCKETS - 1;
        Block previous = null;
        for (Block block = buckets[bucket]; block != null; block = block.next) {
            if (block.offset == offset && block.ram == ram && block.mode == mode) {
                if (block.valid() && sameSecond(block, linear)) {
                    return block;
                }
                unlink(bucket, previous, block);
                continue;
            }
            previous = block;
        }
        return decode(linear, page(ram, offset), mode, bucket);
    }

    /** {@return whether the next linear page is still the one that the block reaches into} */
    private boolean sameSecond(Block block, long linear) {
        if (block.secondRam == null) {
            return true;
        }
        mmu.fetch(mmu.wrap((linear | 0xFFF) + 1));
        return mmu.fetchedRam == block.secondRam && mmu.fetchedOffset == block.secondOffset;
    }

    private void unlink(int bucket, @Nullable Block previous, Block block) {
        blocks--;
        if (previous == null) {
            buckets[bucket] = block.next;
        } else {
            previous.next = block.next;
        }
    }

    /** {@return the marked page of code that an offset lies in}; called before its bytes are read. */
    CodePage page(Ram ram, long offset) {
        CodePage page = pages.computeIfAbsent(ram, r -> new HashMap<>()).computeIfAbsent(offset >>> 12,
                number -> new CodePage(ram, number << 12));
        if (page.mark(offset)) {
            mmu.dropWrites();
            page.shootDown(context, shared);
        }
        keepable &= page.settled(context);
        return page;
    }

    private Block decode(long linear, CodePage page, int mode, int bucket) {
        keepable = page.settled(context);
        ops.clear();
        int length = instructions(linear, page, mode);
        Op[] finished = Specializer.finish(ops, length);
        var block = new Block(finished, ops.size(), length, mode, page, page.offset + (linear & 0xFFF),
                bytes.second(), keepable);
        if (keepable) {
            keep(block, bucket);
        }
        return block;
    }

    private int instructions(long linear, CodePage page, int mode) {
        int most = (mode & SINGLE) != 0 ? 1 : mostOps;
        bytes.seek(linear, page);
        int length = 0;
        Op op;
        do {
            try {
                op = decoder.decode((mode & 2) != 0, (mode & 1) != 0, length, ops.isEmpty());
            } catch (Fault | Leave e) {
                if (ops.isEmpty()) {
                    throw e;
                }
                return length; // the instruction is decoded, and faults, when it is reached
            }
            op.number = ops.size();
            ops.add(op);
            length += op.length;
        } while (!op.last && bytes.second() == null && bytes.left() > 0 && ops.size() < most);
        return length;
    }

    private void keep(Block block, int bucket) {
        if (++blocks > MOST_BLOCKS) {
            clear();
            blocks = 1;
        }
        block.next = buckets[bucket];
        buckets[bucket] = block;
    }
}
