/*
 * A program for Linux that has the accelerator hash its own memory, without a driver: registers by resource0 of the function in sysfs,
 * DMA to pages that it locks and whose physical addresses it reads in /proc/self/pagemap. For root.
 *
 *   accelerator 0000:00:04.0
 *   jobs 200 errors 0
 *
 * Each answer is checked by a SHA-256 of its own (FIPS 180-4, section 6.2). The end of a job is seen in the status register: a
 * message needs a driver. Status 0 when all was right; 1 when not; 2 when there is no accelerator.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define VENDOR 0xC09E
#define DEVICE 0x0ACC
#define WINDOW 0x1000
#define COMMAND_REGISTER 4
#define MEMORY_AND_MASTER 6
#define ID 0x00
#define STATUS 0x04
#define SOURCE 0x08
#define TARGET 0x10
#define LENGTH 0x18
#define BEGIN 0x1C
#define JOBS_ENDED 0x20
#define ID_VALUE 0x41505553u
#define BUSY 1u
#define DONE 2u
#define PAGE 4096
#define JOBS 200
#define PRESENT (1ull << 63)
#define FRAME ((1ull << 55) - 1)

static const char *const BUS = "/sys/bus/pci/devices";

/* ---- SHA-256: the constants are the first 32 bits of the fractional parts of the cube roots of the first 64 primes ---- */
static uint32_t constants[64];

static void make_constants(void) {
    int found = 0;
    for (uint32_t prime = 2; found < 64; prime++) {
        int divided = 0;
        for (uint32_t i = 2; i * i <= prime; i++) {
            divided |= prime % i == 0;
        }
        if (!divided) {
            unsigned __int128 wanted = (unsigned __int128)prime << 96; /* the cube of what is looked for, times 2^32 cubed */
            uint64_t root = 0;
            for (uint64_t bit = 1ull << 36; bit; bit >>= 1) {
                unsigned __int128 next = root | bit;
                root |= next * next * next <= wanted ? bit : 0;
            }
            constants[found++] = (uint32_t)root;
        }
    }
}

static uint32_t turn(uint32_t x, int n) { return x >> n | x << (32 - n); }

static void block(uint32_t *h, const uint8_t *bytes) {
    uint32_t w[64], v[8];
    for (int t = 0; t < 64; t++) {
        if (t < 16) {
            w[t] = (uint32_t)bytes[4 * t] << 24 | (uint32_t)bytes[4 * t + 1] << 16 | (uint32_t)bytes[4 * t + 2] << 8 | bytes[4 * t + 3];
        } else {
            uint32_t a = w[t - 15], b = w[t - 2];
            w[t] = (turn(b, 17) ^ turn(b, 19) ^ b >> 10) + w[t - 7] + (turn(a, 7) ^ turn(a, 18) ^ a >> 3) + w[t - 16];
        }
    }
    memcpy(v, h, sizeof v);
    for (int t = 0; t < 64; t++) {
        uint32_t a = v[0], e = v[4];
        uint32_t one = v[7] + (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) + ((e & v[5]) ^ (~e & v[6])) + constants[t] + w[t];
        uint32_t two = (turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) + ((a & v[1]) ^ (a & v[2]) ^ (v[1] & v[2]));
        memmove(v + 1, v, 7 * sizeof *v);
        v[4] += one;
        v[0] = one + two;
    }
    for (int i = 0; i < 8; i++) {
        h[i] += v[i];
    }
}

static void hash(const uint8_t *bytes, uint32_t length, uint8_t *answer) {
    static uint8_t padded[PAGE + 128];
    uint32_t h[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
    uint32_t blocks = (length + 8) / 64 + 1;
    memset(padded, 0, sizeof padded);
    memcpy(padded, bytes, length);
    padded[length] = 0x80;
    for (int i = 0; i < 4; i++) {
        padded[64 * blocks - 1 - i] = (uint8_t)(8 * length >> 8 * i);
    }
    for (uint32_t i = 0; i < blocks; i++) {
        block(h, padded + 64 * i);
    }
    for (int i = 0; i < 32; i++) {
        answer[i] = (uint8_t)(h[i / 4] >> (24 - 8 * (i % 4)));
    }
}

/* ---- the function, by sysfs ---- */
static int open_file(const char *function, const char *name, int how) {
    char path[512];
    snprintf(path, sizeof path, "%s/%s/%s", BUS, function, name);
    return open(path, how);
}

static long number(const char *function, const char *name) {
    char text[32] = "";
    int file = open_file(function, name, O_RDONLY);
    if (file < 0 || read(file, text, sizeof text - 1) <= 0) {
        text[0] = 0;
    }
    close(file);
    return strtol(text, NULL, 16);
}

static int find(char *function, size_t room) {
    DIR *bus = opendir(BUS);
    struct dirent *entry;
    int found = 0;
    while (bus && !found && (entry = readdir(bus))) {
        found = number(entry->d_name, "vendor") == VENDOR && number(entry->d_name, "device") == DEVICE;
        snprintf(function, room, "%s", entry->d_name);
    }
    if (bus) {
        closedir(bus);
    }
    return found;
}

/* Memory space on, and mastery of the bus: without a driver nobody else does it. */
static int enable(const char *function) {
    uint16_t command;
    int file = open_file(function, "config", O_RDWR);
    int done = file >= 0 && pread(file, &command, 2, COMMAND_REGISTER) == 2;
    command |= MEMORY_AND_MASTER;
    done = done && pwrite(file, &command, 2, COMMAND_REGISTER) == 2;
    close(file);
    return done;
}

static volatile uint8_t *registers(const char *function) {
    int file = open_file(function, "resource0", O_RDWR | O_SYNC);
    void *mapped = mmap(NULL, WINDOW, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    close(file);
    return mapped == MAP_FAILED ? NULL : mapped;
}

static uint32_t load(volatile uint8_t *at) { return *(volatile uint32_t *)at; }
static void store(volatile uint8_t *at, uint32_t value) { *(volatile uint32_t *)at = value; }
static void store_wide(volatile uint8_t *at, uint64_t value) { *(volatile uint64_t *)at = value; }

/* ---- memory that stays where it is ---- */
static uint8_t *locked_page(uint64_t *physical) {
    uint64_t entry = 0;
    uint8_t *page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_LOCKED | MAP_POPULATE, -1, 0);
    int map = open("/proc/self/pagemap", O_RDONLY);
    if (page == MAP_FAILED || map < 0) {
        return NULL;
    }
    page[0] = 1;
    int told = pread(map, &entry, 8, (off_t)((uintptr_t)page / PAGE * 8)) == 8;
    close(map);
    *physical = (entry & FRAME) * PAGE;
    return told && (entry & PRESENT) && *physical ? page : NULL;
}

static int job(volatile uint8_t *base, uint8_t *data, uint64_t source, uint8_t *answer, uint64_t target, uint32_t count) {
    uint8_t expected[32];
    uint32_t length = 1 + count * 37 % (PAGE - 1);
    for (uint32_t i = 0; i < length; i++) {
        data[i] = (uint8_t)(i * 5 + count * 11 + (i >> 8));
    }
    memset(answer, 0, 32);
    __sync_synchronize();
    store_wide(base + SOURCE, source);
    store_wide(base + TARGET, target);
    store(base + LENGTH, length);
    store(base + BEGIN, 1);
    while (load(base + STATUS) & BUSY) {
        usleep(100);
    }
    uint32_t status = load(base + STATUS);
    store(base + STATUS, status);
    hash(data, length, expected);
    return status == DONE && memcmp(answer, expected, 32) == 0;
}

int main(void) {
    char function[300];
    uint64_t source, target;
    if (!find(function, sizeof function)) {
        fprintf(stderr, "there is no accelerator\n");
        return 2;
    }
    volatile uint8_t *base = enable(function) ? registers(function) : NULL;
    uint8_t *data = locked_page(&source), *answer = locked_page(&target);
    if (!base || !data || !answer || load(base + ID) != ID_VALUE) {
        fprintf(stderr, "%s: no registers, or no physical addresses: only root gets them\n", function);
        return 1;
    }
    make_constants();
    printf("accelerator %s\n", function);
    uint32_t before = load(base + JOBS_ENDED);
    int errors = 0;
    for (uint32_t count = 0; count < JOBS; count++) {
        errors += !job(base, data, source, answer, target, count);
    }
    errors += load(base + JOBS_ENDED) - before != JOBS;
    printf("jobs %d errors %d\n", JOBS, errors);
    return errors != 0;
}
