package org.cupule.itests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.Dictionary;
import java.util.Hashtable;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import javax.inject.Inject;
import org.cupule.hsm.HypervisorServiceModule;
import org.cupule.hsm.VirtualMachine;
import org.cupule.hsm.VmCreation;
import org.cupule.hsm.ioreq.ClientInfo;
import org.cupule.hsm.ioreq.IoHandler;
import org.cupule.hsm.ioreq.IoRequestClient;
import org.cupule.hypervisor.AssignedDevice;
import org.cupule.hypervisor.PciAssignment;
import org.cupule.hypervisor.VcpuState;
import org.cupule.pci.BarSpec;
import org.cupule.pci.HostDeviceContext;
import org.cupule.pci.HostDeviceModel;
import org.cupule.pci.HostDeviceProvider;
import org.cupule.pci.HostPciDevice;
import org.cupule.pci.PciFunctionSpec;
import org.cupule.ram.Access;
import org.cupule.types.Bdf;
import org.junit.After;
import org.junit.Before;
import org.junit.Test;
import org.junit.runner.RunWith;
import org.ops4j.pax.exam.Configuration;
import org.ops4j.pax.exam.Option;
import org.ops4j.pax.exam.junit.PaxExam;
import org.ops4j.pax.exam.spi.reactors.ExamReactorStrategy;
import org.ops4j.pax.exam.spi.reactors.PerClass;
import org.osgi.framework.BundleContext;
import org.osgi.framework.ServiceRegistration;

/**
 * Services that attach themselves: I/O request clients, which come and go while a guest reads their port for ever, and
 * providers of devices of the host.
 *
 * <pre>
 *   7C00  BA 10 05         mov  dx, 0x510
 *   7C03  EC               in   al, dx
 *   7C04  3C 11  74 09     cmp  al, 0x11  / je 0x7C11     a client's answer
 *   7C08  3C 99  74 05     cmp  al, 0x99  / je 0x7C11     the default client's
 *   7C0C  66 FF 06 08 06   inc  dword [0x608]             any other
 *   7C11  66 FF 06 04 06   inc  dword [0x604]             how often
 *   7C16  EB EB            jmp  0x7C03
 * </pre>
 */
@RunWith(PaxExam.class)
@ExamReactorStrategy(PerClass.class)
public class WhiteboardIT {
    private static final byte[] CODE = {(byte) 0xBA, 0x10, 0x05, (byte) 0xEC, 0x3C, 0x11, 0x74, 0x09, 0x3C, (byte) 0x99,
            0x74, 0x05, 0x66, (byte) 0xFF, 0x06, 0x08, 0x06, 0x66, (byte) 0xFF, 0x06, 0x04, 0x06, (byte) 0xEB,
            (byte) 0xEB};
    private static final int ENTRY = 0x7C00;
    private static final long ROUNDS = 0x604;
    private static final long STRANGE = 0x608;
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final Bdf GUEST = Bdf.parse("00:05.0");
    private static final Bdf HOST = Bdf.parse("00:03.0");

    @Inject
    private BundleContext context;
    @Inject
    private HypervisorServiceModule hsm;

    private VirtualMachine vm;

    /** {@return the platform} */
    @Configuration
    public Option[] configuration() throws IOException {
        return new Option[]{TestPlatform.platform()};
    }

    @Before
    public void startReading() {
        vm = hsm.create(VmCreation.of("reader", 1));
        vm.memory().addRam(0, 1 << 16, Access.ALL);
        vm.memory().load(ENTRY, CODE, 0, CODE.length);
        vm.ioRequests().inlineDefault("default", access -> 0x99);
    }

    @After
    public void end() {
        vm.close();
    }

    private void start() {
        vm.setRegisters(0, new VcpuState(new long[16], ENTRY, 0, 0x10, 0, 0, 0, 0, 0xFFFF, 0x9B, new int[8], 0, 0xFFFF,
                0, 0x3FF));
        vm.start();
        awaitMore(100);
    }

    private long number(long gpa) {
        byte[] bytes = new byte[4];
        vm.memory().read(gpa, bytes, 0, bytes.length);
        return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getInt() & 0xFFFF_FFFFL;
    }

    private void awaitMore(long rounds) {
        long wanted = number(ROUNDS) + rounds;
        Await.until(() -> number(ROUNDS) >= wanted, PATIENCE, () -> "%d rounds of the guest; the VM is %s: %s"
                .formatted(rounds, vm.state(), vm.describe()));
    }

    /** Answers 0x11, and notes VMs and what it is asked after it has left. */
    private static final class Eleven implements IoRequestClient {
        final Set<String> attached = ConcurrentHashMap.newKeySet();
        final AtomicLong served = new AtomicLong();
        final AtomicLong late = new AtomicLong();
        volatile boolean left;

        @Override
        public IoHandler attach(int vmid, String name) {
            attached.add(name);
            return access -> {
                served.incrementAndGet();
                if (left) {
                    late.incrementAndGet();
                }
                return 0x11;
            };
        }
    }

    private static Dictionary<String, Object> properties(String vms, boolean threaded) {
        Dictionary<String, Object> properties = new Hashtable<>();
        properties.put(IoRequestClient.NAME, "eleven");
        properties.put(IoRequestClient.VM, vms);
        properties.put(IoRequestClient.RANGES, new String[]{"ports 0x510-0x511"});
        properties.put(IoRequestClient.THREADED, threaded);
        return properties;
    }

    private List<String> clients() {
        return vm.ioRequests().clients().stream().map(ClientInfo::name).toList();
    }

    @Test
    public void servicesComeAndGoUnderLoadAndNoRequestIsLost() {
        start();
        for (int round = 0; round < 200; round++) {
            var service = new Eleven();
            ServiceRegistration<?> registration = context.registerService(IoRequestClient.class, service,
                    properties("read*", round % 2 == 0));
            Await.until(() -> service.served.get() > 3, PATIENCE, () -> "requests at the service; " + clients());
            registration.unregister();
            service.left = true;
            awaitMore(3);
            assertThat(service.late).hasValue(0);
        }

        assertThat(clients()).containsExactly("default");
        vm.pause();
        assertThat(number(STRANGE)).isZero();
        var counters = vm.ioRequests().counters();
        assertThat(counters.lost() + counters.twice()).isZero();
        assertThat(counters.posted() - counters.completed()).isBetween(0L, 1L);
    }

    @Test
    public void aServiceIsAttachedToMatchingVmsOnlyAndToThoseThatComeLater() {
        var service = new Eleven();
        ServiceRegistration<?> registration = context.registerService(IoRequestClient.class, service,
                properties("read*", false));
        try (VirtualMachine later = hsm.create(VmCreation.of("reader-2", 1));
                VirtualMachine other = hsm.create(VmCreation.of("writer", 1))) {
            Await.until(() -> service.attached.equals(Set.of("reader", "reader-2")), PATIENCE,
                    () -> "both readers; attached to " + service.attached);
            assertThat(other.ioRequests().clients()).isEmpty();
            assertThat(later.ioRequests().clients()).extracting(ClientInfo::name).containsExactly("eleven");
        } finally {
            registration.unregister();
        }
        assertThat(clients()).containsExactly("default");
    }

    @Test
    public void changedPropertiesMoveTheRangesWhileTheGuestRuns() {
        start();
        var service = new Eleven();
        ServiceRegistration<?> registration = context.registerService(IoRequestClient.class, service,
                properties("*", false));
        Await.until(() -> service.served.get() > 0, PATIENCE, () -> "a request");
        Dictionary<String, Object> elsewhere = properties("*", false);
        elsewhere.put(IoRequestClient.RANGES, "ports 0x600");

        registration.setProperties(elsewhere);

        awaitMore(3);
        long served = service.served.get();
        awaitMore(100);
        assertThat(service.served).hasValue(served);
        registration.unregister();
        assertThat(number(STRANGE)).isZero();
    }

    /** A function with one register, which is in its first base address register. */
    private static final class OneFunction implements HostDeviceProvider, HostPciDevice, HostDeviceModel {
        private volatile long value;
        private volatile boolean closed;

        @Override
        public List<HostPciDevice> pciDevices() {
            return List.of(this);
        }

        @Override
        public Bdf address() {
            return HOST;
        }

        @Override
        public PciFunctionSpec spec() {
            return PciFunctionSpec.simple(0x1234, 0x5678, 0xFF_0000, 1,
                    new BarSpec(0, BarSpec.Kind.PORTIO, 16));
        }

        @Override
        public int pin() {
            return 17;
        }

        @Override
        public HostDeviceModel attach(HostDeviceContext device) {
            return this;
        }

        @Override
        public long read(int region, long offset, int size) {
            return 0x11;
        }

        @Override
        public void write(int region, long offset, int size, long written) {
            value = written;
        }

        @Override
        public void reset() {
            value = 0;
        }

        @Override
        public void close() {
            closed = true;
        }
    }

    @Test
    public void aProvidersDeviceIsAssignedAndFloatsWhenItsProviderGoes() {
        var function = new OneFunction();
        ServiceRegistration<?> registration = context.registerService(HostDeviceProvider.class, function, null);
        assertThat(vm.passthrough().hostDevices()).anyMatch(device -> device.address().equals(HOST.toString()));

        vm.passthrough().assign(new PciAssignment(0, GUEST, HOST, 11, 1, List.of(0xD001, 0, 0, 0, 0, 0)));
        assertThat(vm.passthrough().devices()).extracting(AssignedDevice::guest).containsExactly("00:05.0");
        start();
        registration.unregister();
        awaitMore(100);

        assertThat(function.closed).isTrue();
        assertThat(number(STRANGE)).isZero();
        assertThat(vm.passthrough().hostDevices()).noneMatch(device -> device.address().equals(HOST.toString()));
    }
}
