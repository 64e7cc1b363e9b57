package org.cupule.machine.fake;

import org.cupule.hsm.ioreq.IoAccess;

/** One request as a test makes it. */
public record FakeAccess(int vcpu, int type, long address, int size, boolean write, long value, int bdf, int register)
        implements
            IoAccess {
}
