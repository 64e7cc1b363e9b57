package org.cupule.linux.acrn;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import org.cupule.host.CallBack;
import org.cupule.host.DeviceFile;
import org.cupule.host.Host;
import org.cupule.host.Keeper;
import org.cupule.types.HsmException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The driver of this machine.
 *
 * @param device
 *            its file
 * @param folder
 *            where the program that ends VMs of a killed process is; kept as long as VMs live
 * @threading any thread
 */
record HostDriver(Host host, Path device, Path folder) implements Driver {
    private static final Logger LOG = LoggerFactory.getLogger(HostDriver.class);

    @Override
    public DeviceFile open() {
        return host.open(device);
    }

    @Override
    public CallBack currentThread() {
        return host.currentThread();
    }

    @Override
    public Optional<Keeper> keep(DeviceFile file) {
        try {
            return Optional.of(host.keep(file, Undertaker.command(folder)));
        } catch (HsmException | IOException none) {
            LOG.warn(
                    "a VM gets no keeper: if this process is killed while it runs, it stays in the hypervisor, and the "
                            + "driver's list of VMs is damaged",
                    none);
            return Optional.empty();
        }
    }
}
