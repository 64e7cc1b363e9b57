package org.cupule.linux.acrn;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.cupule.host.DeviceFile;
import org.cupule.hypervisor.ServiceCpu;
import org.cupule.hypervisor.ServiceCpus;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;

/**
 * The Service VM's processors. The driver's attribute {@code remove_cpu} does all of a removal itself: off line, the
 * hypervisor's call, and on line again when that fails ({@code hsm.md} 13). So {@link #offline} and {@link #online}
 * have nothing to do here.
 *
 * <p>
 * The APIC id of a processor that is off line is told by nobody; it is shown as -1 - its number.
 *
 * @threading any thread
 */
final class ServiceProcessors implements ServiceCpus {
    private final Path removeCpu;
    private final Path processors;
    private final Path cpuinfo;
    private final Function<Path, DeviceFile> files;

    /**
     * Makes the control.
     *
     * @param removeCpu
     *            the driver's attribute
     * @param processors
     *            the folder of the kernel's processors
     * @param cpuinfo
     *            the kernel's list of those on line
     * @param files
     *            opens an attribute
     */
    ServiceProcessors(Path removeCpu, Path processors, Path cpuinfo, Function<Path, DeviceFile> files) {
        this.removeCpu = removeCpu;
        this.processors = processors;
        this.cpuinfo = cpuinfo;
        this.files = files;
    }

    @Override
    public List<ServiceCpu> cpus() {
        Map<Integer, Integer> apicIds = apicIds();
        BitSet online = list("online");
        List<ServiceCpu> cpus = new ArrayList<>();
        list("possible").stream().forEach(number -> cpus.add(new ServiceCpu(number,
                apicIds.getOrDefault(number, -1 - number), online.get(number),
                Files.exists(processors.resolve("cpu" + number).resolve("online")))));
        return cpus;
    }

    @Override
    public void offline(int cpu) {
        // the driver does it
    }

    @Override
    public void online(int cpu) {
        // the driver does it
    }

    @Override
    public void offlineVcpu(int apicId) {
        int number = cpus().stream().filter(cpu -> cpu.apicId() == apicId).map(ServiceCpu::number).findFirst()
                .orElse(-1);
        if (number < 0) {
            return; // an id that nobody has is accepted
        }
        try (DeviceFile attribute = files.apply(removeCpu); Arena arena = Arena.ofConfined()) {
            MemorySegment text = arena.allocateFrom(Integer.toString(number));
            long result = attribute.write(text.asSlice(0, text.byteSize() - 1));
            if (result < 0) {
                throw new HsmException(Errno.of((int) -result), "remove_cpu",
                        "processor %d was not removed by %s".formatted(number, removeCpu));
            }
        }
    }

    /** {@return a list of the kernel's, such as {@code 0-3,5}} */
    private BitSet list(String name) {
        BitSet numbers = new BitSet();
        for (String range : read(processors.resolve(name)).strip().split(",")) {
            String[] ends = range.split("-");
            if (!ends[0].isEmpty()) {
                numbers.set(Integer.parseInt(ends[0]), Integer.parseInt(ends[ends.length - 1]) + 1);
            }
        }
        return numbers;
    }

    private Map<Integer, Integer> apicIds() {
        Map<Integer, Integer> ids = new HashMap<>();
        int number = -1;
        for (String line : read(cpuinfo).split("\n")) {
            String[] words = line.split(":", 2);
            String key = words[0].strip();
            if (key.equals("processor")) {
                number = Integer.parseInt(words[1].strip());
            } else if (key.equals("apicid")) {
                ids.put(number, Integer.parseInt(words[1].strip()));
            }
        }
        return ids;
    }

    private static String read(Path path) {
        try {
            return Files.readString(path);
        } catch (IOException unreadable) {
            throw new HsmException(Errno.EIO, "service cpus", path + " cannot be read", unreadable);
        }
    }
}
