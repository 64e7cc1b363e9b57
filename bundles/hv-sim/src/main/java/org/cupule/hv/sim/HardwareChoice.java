package org.cupule.hv.sim;

import org.cupule.hardware.CpuFactory;
import org.cupule.hardware.EptFactory;
import org.cupule.hardware.IoApicFactory;
import org.cupule.hardware.LapicFactory;
import org.cupule.hardware.PicFactory;

/**
 * The models that a partition is made of.
 *
 * @threading immutable
 */
record HardwareChoice(Offered<CpuFactory> cpu, Offered<EptFactory> ept, Offered<LapicFactory> lapic,
        Offered<IoApicFactory> ioapic, Offered<PicFactory> pic) {
}
