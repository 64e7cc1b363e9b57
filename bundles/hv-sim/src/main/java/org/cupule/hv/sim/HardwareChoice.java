package org.cupule.hv.sim;

import org.cupule.hardware.CpuFactory;
import org.cupule.hardware.EptFactory;
import org.cupule.hardware.IoApicFactory;
import org.cupule.hardware.LapicFactory;
import org.cupule.hardware.PicFactory;

/**
 * The models that a partition is made of, and where others would come from.
 *
 * @threading immutable
 */
record HardwareChoice(Hardware shelves, Offered<CpuFactory> cpu, Offered<EptFactory> ept, Offered<LapicFactory> lapic,
        Offered<IoApicFactory> ioapic, Offered<PicFactory> pic) {
    Shelf<CpuFactory> cpus() {
        return shelves.cpus;
    }

    Shelf<LapicFactory> lapics() {
        return shelves.lapics;
    }

    @Override
    public String toString() {
        return "%s, %s, %s, %s, %s".formatted(cpu, ept, lapic, ioapic, pic);
    }
}
