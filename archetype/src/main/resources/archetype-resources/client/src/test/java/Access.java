package ${package};

import org.cupule.abi.IoRequestPage;
import org.cupule.hsm.ioreq.IoAccess;

/**
 * An access to a port, as the platform would hand it over.
 *
 * @threading immutable
 */
record Access(long address, int size, boolean write, long value) implements IoAccess {
    static Access read(long address, int size) {
        return new Access(address, size, false, 0);
    }

    static Access write(long address, int size, long value) {
        return new Access(address, size, true, value);
    }

    @Override
    public int vcpu() {
        return 0;
    }

    @Override
    public int type() {
        return IoRequestPage.PORTIO;
    }

    @Override
    public int bdf() {
        return 0;
    }

    @Override
    public int register() {
        return 0;
    }
}
