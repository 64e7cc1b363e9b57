package org.cupule.hsm.impl.ioreq;

import org.cupule.abi.IoRequestPage;
import org.cupule.types.Behaviour;
import org.jspecify.annotations.Nullable;

/**
 * Turns the port pair 0xCF8 and 0xCFC of PCI configuration mechanism #1 into requests for configuration space
 * ({@code hsm.md} 8).
 *
 * <pre>
 *  CF8  31 30  28 27    24 23      16 15      11 10    8 7      2 1 0
 *      +--+------+--------+----------+----------+-------+--------+---+
 *      |EN|  -   |reg 11:8|   bus    |  device  | func  |reg 7:2 | - |     register 1:0 = port - 0xCFC
 *      +--+------+--------+----------+----------+-------+--------+---+
 * </pre>
 *
 * <p>
 * Under {@link Behaviour#X86} only accesses of four bytes reach the address register; others are plain port accesses,
 * as the PCI Local Bus Specification 3.0, section 3.2.2.3.2, has it. Under {@link Behaviour#ACRN} any size does.
 *
 * @threading any thread: the register is one volatile word, and a guest that shares it between vCPUs locks it
 */
final class PciCombiner {
    private static final long ADDRESS_PORT = 0xCF8;
    private static final long DATA_PORT = 0xCFC;
    private static final long DATA_PORT_LAST = 0xCFF;
    private static final int ENABLE = 1 << 31;
    private static final long NOTHING = 0xFFFF_FFFFL;

    /** What to do with a request. */
    enum Outcome {
        /** It is none of the combiner's. */
        PASS,
        /** It is handled; the answer is in the page. */
        HANDLED
    }

    private final IoRequestPage page;
    private final boolean anySize;
    private volatile int latch;

    PciCombiner(IoRequestPage page, @Nullable Behaviour behaviour) {
        this.page = page;
        this.anySize = behaviour == Behaviour.ACRN;
    }

    /** {@return the address register, to be saved} */
    int latch() {
        return latch;
    }

    /** Sets a saved address register. */
    void latch(int saved) {
        latch = saved;
    }

    /** Looks at a port request; one for an enabled data port becomes one for configuration space, and passes. */
    Outcome combine(Slot slot) {
        long port = slot.address();
        if (port < ADDRESS_PORT || port > DATA_PORT_LAST) {
            return Outcome.PASS;
        }
        if (port == ADDRESS_PORT && (anySize || slot.size() == 4)) {
            return addressPort(slot);
        }
        return port >= DATA_PORT ? dataPort(slot, (int) (port - DATA_PORT)) : Outcome.PASS;
    }

    private Outcome addressPort(Slot slot) {
        int vcpu = slot.vcpu();
        if (slot.write()) {
            latch = (int) page.value(vcpu);
        } else {
            page.value(vcpu, latch & 0xFFFF_FFFFL);
        }
        return Outcome.HANDLED;
    }

    private Outcome dataPort(Slot slot, int lane) {
        int vcpu = slot.vcpu();
        int address = latch;
        if ((address & ENABLE) == 0) {
            if (!slot.write()) {
                page.value(vcpu, NOTHING);
            }
            return Outcome.HANDLED;
        }
        int register = (address & 0xFC) + (address >>> 16 & 0xF00) + lane;
        page.pci(vcpu, address >>> 16 & 0xFF, address >>> 11 & 0x1F, address >>> 8 & 7, register);
        slot.readPci(page);
        return Outcome.PASS;
    }
}
