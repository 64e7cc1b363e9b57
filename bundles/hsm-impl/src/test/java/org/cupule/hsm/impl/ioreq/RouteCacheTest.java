package org.cupule.hsm.impl.ioreq;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.cupule.abi.IoRequestPage;
import org.cupule.types.AddressSpace;
import org.cupule.types.IoRange;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The cache against the index that it stands before. */
class RouteCacheTest {
    private static final Answers NO_ANSWERS = null; // these tests only look who would be asked

    private final Slots slots = new Slots(1);
    private final ClientRegistry registry = new ClientRegistry(slots, () -> {
    }, 0, stuck -> {
    });
    private final RouteCache cache = new RouteCache();
    private final List<Client> clients = new ArrayList<>();

    private Client client(boolean fallback) {
        Client client = new InlineClient("client " + clients.size(), access -> 0, fallback, registry, NO_ANSWERS);
        registry.add(client);
        clients.add(client);
        return client;
    }

    private Client uncached(int type, long address, int size) {
        return new RouteCache().find(registry.routes(), type, address, size);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
    @DisplayName("whatever was asked before, and however the ranges change, the answer is that of the search")
    void agreesWithSearch(long seed) {
        Random random = new Random(seed);
        for (int i = 0; i < 6; i++) {
            client(i == 0);
        }
        for (int step = 0; step < 40; step++) {
            long base = step % 2 == 0 ? 0 : -64;
            long first = base + random.nextInt(50);
            long last = base + Math.min(63, (first - base) + random.nextInt(30));
            registry.add(clients.get(1 + random.nextInt(5)),
                    new IoRange(AddressSpace.values()[random.nextInt(2)], first, last));
            for (int i = 0; i < 400; i++) {
                int type = random.nextInt(4);
                long address = base - 8 + random.nextInt(80);
                int size = 1 + random.nextInt(8);
                assertThat(cache.find(registry.routes(), type, address, size))
                        .as("type %d, %d bytes at 0x%x", type, size, address).isSameAs(uncached(type, address, size));
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {IoRequestPage.PCICFG, IoRequestPage.WRITE_PROTECT})
    @DisplayName("other types go to the default client, and do not disturb what is cached")
    void otherTypesGoToDefault(int type) {
        Client fallback = client(true);
        Client device = client(false);
        registry.add(device, IoRange.ports(0, 0x100));

        assertThat(cache.find(registry.routes(), IoRequestPage.PORTIO, 0x10, 4)).isSameAs(device);
        assertThat(cache.find(registry.routes(), type, 0x10, 4)).isSameAs(fallback);
        assertThat(cache.find(registry.routes(), IoRequestPage.PORTIO, 0x10, 4)).isSameAs(device);
    }
}
