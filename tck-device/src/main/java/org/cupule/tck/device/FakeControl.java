package org.cupule.tck.device;

import java.util.ArrayList;
import java.util.List;
import org.cupule.device.MachineControl;

/**
 * Remembers what a device asked of the whole machine.
 *
 * @param calls
 *            {@code powerOff}, {@code reset}, {@code exit 3}, {@code eject 5} and {@code ejection 5: 0x82}, in their
 *            order
 * @param memoryBytes
 *            bytes of RAM
 * @param lowMemoryBytes
 *            bytes of RAM below 4 GiB
 * @param processors
 *            how many there are
 * @threading confined to the test
 */
public record FakeControl(List<String> calls, long memoryBytes, long lowMemoryBytes,
        int processors) implements MachineControl {
    /** Makes a machine with so much memory and one processor, whose RAM ends at 3 GiB and goes on at 4 GiB. */
    public static FakeControl of(long memoryBytes) {
        return new FakeControl(new ArrayList<>(), memoryBytes, Math.min(memoryBytes, 3L << 30), 1);
    }

    @Override
    public void powerOff() {
        calls.add("powerOff");
    }

    @Override
    public void reset() {
        calls.add("reset");
    }

    @Override
    public void exit(int status) {
        calls.add("exit " + status);
    }

    @Override
    public void eject(int slot) {
        calls.add("eject " + slot);
    }

    @Override
    public void ejection(int slot, int status) {
        calls.add("ejection %d: 0x%x".formatted(slot, status));
    }
}
