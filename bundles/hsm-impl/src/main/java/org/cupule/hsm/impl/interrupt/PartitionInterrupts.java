package org.cupule.hsm.impl.interrupt;

import org.cupule.hsm.impl.life.Life;
import org.cupule.hsm.interrupt.Interrupts;
import org.cupule.hypervisor.Partition;
import org.cupule.types.Msi;

/**
 * Interrupt injection: the hypervisor checks and does it ({@code hsm.md} 10).
 *
 * @threading any thread
 */
public final class PartitionInterrupts implements Interrupts {
    private final Life life;
    private final Partition partition;

    /** Makes the interrupts of a VM. */
    public PartitionInterrupts(Life life, Partition partition) {
        this.life = life;
        this.partition = partition;
    }

    @Override
    public void line(int gsi, int operation) {
        life.check("line");
        partition.setIrqLine(gsi, operation);
    }

    @Override
    public void msi(Msi msi) {
        life.check("msi");
        partition.injectMsi(msi);
    }
}
