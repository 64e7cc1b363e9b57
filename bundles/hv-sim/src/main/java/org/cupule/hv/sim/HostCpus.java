package org.cupule.hv.sim;

import java.util.List;
import java.util.stream.IntStream;
import org.cupule.hypervisor.ServiceCpu;
import org.cupule.hypervisor.ServiceCpus;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;

/**
 * The processors of the simulated host. The host side begins with all of them; one that is taken away from it is for
 * vCPUs of User VMs, whatever the setting {@code cpu.affinity} says, and never comes back ({@code hsm.md} 13).
 *
 * <p>
 * APIC id and number are the same. Processor 0 is the bootstrap processor.
 *
 * @threading any thread
 */
final class HostCpus implements ServiceCpus {
    private final int count;
    private long online;
    private long taken;

    /**
     * Makes a host.
     *
     * @param count
     *            1 to 64
     */
    HostCpus(int count) {
        this.count = count;
        this.online = -1L >>> 64 - count;
    }

    /** {@return the processors that were taken away, as a bit mask} */
    synchronized long taken() {
        return taken;
    }

    @Override
    public synchronized List<ServiceCpu> cpus() {
        return IntStream.range(0, count)
                .mapToObj(cpu -> new ServiceCpu(cpu, cpu, (online >>> cpu & 1) != 0, cpu != 0)).toList();
    }

    @Override
    public synchronized void offline(int cpu) {
        check("offline", cpu);
        if (cpu == 0) {
            throw new HsmException(Errno.EPERM, "offline", "processor 0 runs the host");
        }
        online &= ~(1L << cpu);
    }

    @Override
    public synchronized void online(int cpu) {
        check("online", cpu);
        if ((taken >>> cpu & 1) != 0) {
            throw new HsmException(Errno.EPERM, "online", "processor " + cpu + " is no longer the host's");
        }
        online |= 1L << cpu;
    }

    private void check(String operation, int cpu) {
        if (cpu < 0 || cpu >= count) {
            throw new HsmException(Errno.EINVAL, operation, "there is no processor %d among %d".formatted(cpu, count));
        }
    }

    @Override
    public synchronized void offlineVcpu(int apicId) {
        if (apicId == 0) {
            throw new HsmException(Errno.EPERM, "offline vCPU", "the bootstrap processor stays with the host");
        }
        if (apicId > 0 && apicId < count) { // for others there is no vCPU, which is no failure
            taken |= 1L << apicId;
            online &= ~(1L << apicId);
        }
    }
}
