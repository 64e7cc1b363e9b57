package org.cupule.tck.device;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.cupule.device.DmaMemory;

/**
 * Guest RAM over an array of bytes; everything else is no RAM.
 *
 * @threading confined to the test
 */
public final class FakeRam implements DmaMemory {
    private final long first;
    private final byte[] bytes;
    private boolean busMaster = true;

    /** Makes RAM of zeros. */
    public FakeRam(long firstGpa, int lengthBytes) {
        first = firstGpa;
        bytes = new byte[lengthBytes];
    }

    @Override
    public boolean read(long gpa, byte[] target, int from, int lengthBytes) {
        if (!inside(gpa, lengthBytes)) {
            return false;
        }
        System.arraycopy(bytes, (int) (gpa - first), target, from, lengthBytes);
        return true;
    }

    @Override
    public boolean write(long gpa, byte[] source, int from, int lengthBytes) {
        if (!inside(gpa, lengthBytes)) {
            return false;
        }
        System.arraycopy(source, from, bytes, (int) (gpa - first), lengthBytes);
        return true;
    }

    private boolean inside(long gpa, int lengthBytes) {
        return busMaster && lengthBytes >= 0 && gpa >= first && gpa - first <= bytes.length - lengthBytes;
    }

    /** Says whether the guest lets the device master the bus. */
    public void busMaster(boolean allowed) {
        busMaster = allowed;
    }

    boolean mastering() {
        return busMaster;
    }

    /** {@return a copy of bytes} */
    public byte[] peek(long gpa, int lengthBytes) {
        int from = (int) (gpa - first);
        return Arrays.copyOfRange(bytes, from, from + lengthBytes);
    }

    /** Puts bytes, as the guest would. */
    public void poke(long gpa, byte... values) {
        System.arraycopy(values, 0, bytes, (int) (gpa - first), values.length);
    }

    /** Puts a text, a byte for each character. */
    public void poke(long gpa, String text) {
        poke(gpa, text.getBytes(StandardCharsets.ISO_8859_1));
    }

    /** {@return its length in bytes} */
    public int lengthBytes() {
        return bytes.length;
    }

    FakeRam copy() {
        var copy = new FakeRam(first, bytes.length);
        copy.poke(first, bytes);
        copy.busMaster = busMaster;
        return copy;
    }
}
