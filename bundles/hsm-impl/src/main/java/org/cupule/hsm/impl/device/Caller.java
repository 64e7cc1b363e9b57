package org.cupule.hsm.impl.device;

import java.lang.foreign.GroupLayout;
import java.lang.foreign.MemorySegment;
import java.util.function.Function;
import org.cupule.abi.CStruct;
import org.cupule.host.DescriptorTable;
import org.cupule.hsm.CallerMemory;
import org.cupule.hsm.memory.LentMemory;

/**
 * The caller's side of an ioctl.
 *
 * @param memory
 *            its memory
 * @param descriptors
 *            its file descriptors
 * @threading any thread
 */
record Caller(CallerMemory memory, DescriptorTable descriptors) {
    private static final int PAGE = 4096;

    /** {@return a structure, copied in; EFAULT} */
    <S extends CStruct> S in(long address, GroupLayout layout, Function<MemorySegment, S> view) {
        MemorySegment copy = MemorySegment.ofArray(new byte[(int) layout.byteSize()]);
        memory.read(address, copy);
        return view.apply(copy);
    }

    /** {@return a number, copied in; EFAULT} */
    long number(long address) {
        long[] number = new long[1];
        memory.read(address, MemorySegment.ofArray(number));
        return number[0];
    }

    /** Copies out; EFAULT. */
    void out(long address, MemorySegment bytes) {
        memory.write(address, bytes);
    }

    /** Pins the page that an address lies in; EFAULT. */
    LentMemory page(long address) {
        return memory.pin(address & -PAGE, PAGE);
    }
}
