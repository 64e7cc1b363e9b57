package org.cupule.hsm.impl.servicevm;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import org.cupule.hsm.servicevm.ServiceVm;
import org.cupule.hypervisor.Hypervisor;
import org.cupule.hypervisor.ServiceCpu;
import org.cupule.hypervisor.ServiceCpus;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives processors of the host side away ({@code hsm.md} 13.2).
 *
 * <pre>
 *  on line?  --yes--> off line in the host (its result does not count) --.
 *     '---no-------------------------------------------------------------+--> hypervisor: vCPU away --ok--> length
 *                                                                                    '--failure--> on line, error
 * </pre>
 *
 * @threading any thread; removals under one lock, since two of them must not roll each other back
 */
public final class CpuRemoval implements ServiceVm {
    private static final Logger LOG = LoggerFactory.getLogger(CpuRemoval.class);

    private final Hypervisor hypervisor;
    private final ReentrantLock removing;

    /**
     * Makes the control of one hypervisor's processors.
     *
     * @param removing
     *            the HSM's lock for removals
     */
    public CpuRemoval(Hypervisor hypervisor, ReentrantLock removing) {
        this.hypervisor = hypervisor;
        this.removing = removing;
    }

    @Override
    public List<ServiceCpu> cpus() {
        return hypervisor.serviceCpus().cpus();
    }

    @Override
    public int removeCpu(String value) {
        ServiceCpus cpus = hypervisor.serviceCpus();
        removing.lock();
        try {
            remove(cpus, find(cpus, value));
        } finally {
            removing.unlock();
        }
        return value.getBytes(StandardCharsets.UTF_8).length;
    }

    private static ServiceCpu find(ServiceCpus cpus, String value) {
        long number = CNumber.parse(value).orElseThrow(() -> refused("'" + value.strip() + "' is not a number"));
        if (number == 0) {
            throw refused("processor 0 runs the host and stays");
        }
        List<ServiceCpu> possible = cpus.cpus();
        ServiceCpu cpu = possible.stream().filter(each -> each.number() == number).findFirst()
                .orElseThrow(() -> refused("there is no processor %d among %d".formatted(number, possible.size())));
        if (!cpu.removable()) {
            throw refused("processor " + number + " cannot be taken off line");
        }
        return cpu;
    }

    private static HsmException refused(String sentence) {
        return new HsmException(Errno.EINVAL, "remove_cpu", sentence);
    }

    private static void remove(ServiceCpus cpus, ServiceCpu cpu) {
        if (cpu.online()) {
            offline(cpus, cpu);
        }
        try {
            cpus.offlineVcpu(cpu.apicId());
        } catch (RuntimeException | Error failure) {
            rollBack(cpus, cpu);
            throw failure;
        }
        LOG.info("processor {} (APIC {}) is no longer the host's", cpu.number(), cpu.apicId());
    }

    private static void offline(ServiceCpus cpus, ServiceCpu cpu) {
        try {
            cpus.offline(cpu.number());
        } catch (RuntimeException refused) {
            LOG.debug("processor {} would not go off line; the hypervisor is asked nevertheless", cpu.number(),
                    refused);
        }
    }

    /** On line again, even if it was off line before: so does the driver. */
    private static void rollBack(ServiceCpus cpus, ServiceCpu cpu) {
        try {
            cpus.online(cpu.number());
        } catch (RuntimeException refused) {
            LOG.error("processor {} did not come on line again", cpu.number(), refused);
        }
    }
}
