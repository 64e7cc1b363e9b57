package org.cupule.tck.client;

import org.cupule.abi.IoRequestPage;
import org.cupule.hsm.ioreq.IoAccess;
import org.cupule.types.AddressSpace;

/**
 * A request as the platform would hand it over: a view that is good during the call only.
 *
 * @threading any thread, so that a use after the call is seen
 */
final class Request implements IoAccess {
    private final AddressSpace space;
    private final long address;
    private final int size;
    private final boolean write;
    private final long value;
    private final int vcpu;
    private volatile boolean over;
    private volatile boolean usedLate;

    Request(AddressSpace space, long address, int size, boolean write, long value, int vcpu) {
        this.space = space;
        this.address = address;
        this.size = size;
        this.write = write;
        this.value = value & mask(size);
        this.vcpu = vcpu;
    }

    /** {@return the bits that an access of a size has} */
    static long mask(int size) {
        return -1L >>> Long.SIZE - Byte.SIZE * size;
    }

    /** The call has ended: what is read from now on is another request. */
    void end() {
        over = true;
    }

    /** {@return whether it was used after its call} */
    boolean usedLate() {
        return usedLate;
    }

    private void touch() {
        usedLate |= over;
    }

    @Override
    public int vcpu() {
        touch();
        return vcpu;
    }

    @Override
    public int type() {
        touch();
        return space == AddressSpace.PORTIO ? IoRequestPage.PORTIO : IoRequestPage.MMIO;
    }

    @Override
    public long address() {
        touch();
        return address;
    }

    @Override
    public int size() {
        touch();
        return size;
    }

    @Override
    public boolean write() {
        touch();
        return write;
    }

    @Override
    public long value() {
        touch();
        return value;
    }

    @Override
    public int bdf() {
        touch();
        return 0;
    }

    @Override
    public int register() {
        touch();
        return 0;
    }

    @Override
    public String toString() {
        return "%s of %d bytes at %s 0x%x%s".formatted(write ? "write" : "read", size,
                space == AddressSpace.PORTIO ? "port" : "address", address,
                write ? ", value 0x%x".formatted(value) : "");
    }
}
