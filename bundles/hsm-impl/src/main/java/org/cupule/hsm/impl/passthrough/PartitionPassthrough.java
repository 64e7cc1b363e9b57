package org.cupule.hsm.impl.passthrough;

import java.util.List;
import org.cupule.hsm.impl.life.Life;
import org.cupule.hsm.passthrough.Passthrough;
import org.cupule.hypervisor.AssignedDevice;
import org.cupule.hypervisor.DeviceAssignment;
import org.cupule.hypervisor.HostDevice;
import org.cupule.hypervisor.Hypervisor;
import org.cupule.hypervisor.InterruptRemap;
import org.cupule.hypervisor.MmioAssignment;
import org.cupule.hypervisor.Partition;
import org.cupule.hypervisor.PciAssignment;
import org.cupule.hypervisor.VirtualDevice;

/**
 * Hands passthrough to the partition, which checks everything ({@code hsm.md} 9): the driver checks nothing either.
 *
 * @threading any thread
 */
public final class PartitionPassthrough implements Passthrough {
    private final Life life;
    private final Partition partition;
    private final Hypervisor hypervisor;

    /** Makes the passthrough of one VM. */
    public PartitionPassthrough(Life life, Partition partition, Hypervisor hypervisor) {
        this.life = life;
        this.partition = partition;
        this.hypervisor = hypervisor;
    }

    private DeviceAssignment below(String operation) {
        life.check(operation);
        return partition.deviceAssignment();
    }

    @Override
    public void assign(PciAssignment device) {
        below("assign").assign(device);
    }

    @Override
    public void deassign(PciAssignment device) {
        below("deassign").deassign(device);
    }

    @Override
    public void assign(MmioAssignment device) {
        below("assign").assign(device);
    }

    @Override
    public void deassign(MmioAssignment device) {
        below("deassign").deassign(device);
    }

    @Override
    public void create(VirtualDevice device) {
        below("create").create(device);
    }

    @Override
    public void destroy(VirtualDevice device) {
        below("destroy").destroy(device);
    }

    @Override
    public void setInterrupt(InterruptRemap remap) {
        below("setInterrupt").setInterrupt(remap);
    }

    @Override
    public void resetInterrupt(InterruptRemap remap) {
        below("resetInterrupt").resetInterrupt(remap);
    }

    @Override
    public List<AssignedDevice> devices() {
        return below("devices").devices();
    }

    @Override
    public List<HostDevice> hostDevices() {
        life.check("hostDevices");
        return hypervisor.hostDevices();
    }
}
