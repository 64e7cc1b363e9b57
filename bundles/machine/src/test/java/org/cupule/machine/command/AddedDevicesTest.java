package org.cupule.machine.command;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.cupule.machine.MachineDescription.DeviceDescription;
import org.junit.jupiter.api.Test;

class AddedDevicesTest {
    private static DeviceDescription device(String type, String name, Map<String, String> options, String backend) {
        return new DeviceDescription(type, name, "", Map.of(), Map.of(), "", options, backend);
    }

    @Test
    void disksAreNumberedBehindThoseThatAreThere() {
        var present = device("virtio-blk", "disk0", Map.of(), "file:/a");
        assertThat(new AddedDevices(List.of(present)).disk("/b").disk("/c:ro").list()).containsExactly(present,
                device("virtio-blk", "disk1", Map.of(), "file:/b"),
                device("virtio-blk", "disk2", Map.of(), "readonly:/c"));
    }

    @Test
    void pathsAreThoseOfTheCaller() {
        assertThat(new AddedDevices(List.of()).disk("disk.img").list().getFirst().backend())
                .isEqualTo("file:" + Path.of("disk.img").toAbsolutePath());
    }

    @Test
    void aNetworkHasItsRules() {
        assertThat(new AddedDevices(List.of()).network("").network("tcp-out=80").list()).containsExactly(
                device("virtio-net", "net0", Map.of(), "user"),
                device("virtio-net", "net1", Map.of(), "user:tcp-out=80"));
    }

    @Test
    void aDeviceHasNameBackendAndOptions() {
        assertThat(new AddedDevices(List.of())
                .device("virtio-console,name=log,backend=file:/log").device("virtio-rng,seed=x")
                .device("org.cupule.sample").list())
                .containsExactly(device("virtio-console", "log", Map.of(), "file:/log"),
                        device("virtio-rng", "rng0", Map.of("seed", "x"), ""),
                        device("org.cupule.sample", "sample0", Map.of(), ""));
    }
}
