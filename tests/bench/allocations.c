/* Counts what Python asks its allocators of objects and of memory for; ``allocations.py`` loads it. */

#include <Python.h>

#define DOMAINS 2

static const PyMemAllocatorDomain domains[DOMAINS] = {PYMEM_DOMAIN_OBJ, PYMEM_DOMAIN_MEM};
static PyMemAllocatorEx before[DOMAINS];
static unsigned long long allocated;

static void *count_malloc(void *domain, size_t size)
{
    PyMemAllocatorEx *own = domain;
    allocated++;
    return own->malloc(own->ctx, size);
}

static void *count_calloc(void *domain, size_t number, size_t size)
{
    PyMemAllocatorEx *own = domain;
    allocated++;
    return own->calloc(own->ctx, number, size);
}

static void *count_realloc(void *domain, void *block, size_t size)
{
    PyMemAllocatorEx *own = domain;
    allocated += block == NULL;
    return own->realloc(own->ctx, block, size);
}

static void forward_free(void *domain, void *block)
{
    PyMemAllocatorEx *own = domain;
    own->free(own->ctx, block);
}

void start(void)
{
    allocated = 0;
    for (int i = 0; i < DOMAINS; i++) {
        PyMemAllocatorEx counting = {&before[i], count_malloc, count_calloc, count_realloc, forward_free};
        PyMem_GetAllocator(domains[i], &before[i]);
        PyMem_SetAllocator(domains[i], &counting);
    }
}

unsigned long long stop(void)
{
    for (int i = 0; i < DOMAINS; i++)
        PyMem_SetAllocator(domains[i], &before[i]);
    return allocated;
}
